/** Milliseconds within which repeats of a signal count as one: npm and a terminal both deliver Ctrl-C. */
const SAME_SIGNAL_MS = 2_000;

/**
 * The first SIGINT or SIGTERM asks for an orderly stop, a later one ends the process at once. `onStop` says so to the
 * operator.
 */
export function stopOnSignals(onStop: (signal: string) => void): {
  signal: AbortSignal;
  dispose: () => void;
} {
  const controller = new AbortController();
  let first = 0;
  const handler = (name: NodeJS.Signals) => {
    if (first === 0) {
      first = Date.now();
      onStop(name);
      controller.abort(new Error(`stopped by ${name}`));
    } else if (Date.now() - first > SAME_SIGNAL_MS) process.exit(128 + (name === 'SIGINT' ? 2 : 15));
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    },
  };
}

/** Keeps the process until the signal comes. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  // A timer holds the process: nothing else of this command would.
  const hold = setInterval(() => undefined, 2 ** 30);
  return new Promise((resolve) => {
    const end = () => {
      clearInterval(hold);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
