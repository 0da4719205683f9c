import type { Logger } from 'pino';
import type { RunEvent } from '../engine/run.ts';

export interface Progress {
  readonly event: (event: RunEvent) => void;
  readonly end: () => void;
}

/** On a terminal a line per stream that moves; elsewhere plain log lines. Everything goes to stderr. */
export function createProgress(logger: Logger, json: boolean): Progress {
  return process.stderr.isTTY && !json ? liveProgress(logger) : loggedProgress(logger);
}

/** Seconds between two log lines of the same stream. */
const LOG_EVERY_MS = 15_000;

function loggedProgress(logger: Logger): Progress {
  const logged = new Map<string, number>();
  return {
    event(event) {
      const { stream, records, pages, done, total } = event;
      if (event.type === 'note') logger.warn({ stream, ...event.data }, event.text ?? '');
      else if (event.type === 'finished' && event.report) {
        const { status, error, durationMs, ...counts } = event.report;
        const facts = { ...counts, status, durationMs, ...(error ? { error } : {}) };
        if (error) logger.warn(facts, `${stream} ${status}`);
        else logger.info(facts, `${stream} ${status}`);
      } else if (event.type === 'started') logger.debug({ stream }, `${stream} started`);
      else if (Date.now() - (logged.get(stream) ?? Date.now()) > LOG_EVERY_MS) {
        logged.set(stream, Date.now());
        logger.info({ stream, records, pages, done, total }, `${stream} at work`);
      } else if (!logged.has(stream)) logged.set(stream, Date.now());
    },
    end: () => undefined,
  };
}

const BAR = 20;
const MARKS: Record<string, string> = {
  succeeded: '✓',
  partial: '!',
  held: '!',
  failed: '✗',
  skipped: '-',
  not_permitted: '-',
};

function liveProgress(logger: Logger): Progress {
  const started = new Map<string, number>();
  const lines = new Map<string, string>();
  let drawn = 0;
  const draw = () => {
    const up = drawn > 0 ? `\x1b[${drawn}A` : '';
    // A wrapped line would be two, and the cursor would no longer find its way up.
    const width = (process.stderr.columns ?? 120) - 1;
    process.stderr.write(up + [...lines.values()].map((line) => `\x1b[2K${line.slice(0, width)}\n`).join(''));
    drawn = lines.size;
  };
  return {
    event(event) {
      if (event.type === 'note') {
        logger.warn({ stream: event.stream, ...event.data }, event.text ?? '');
        drawn = 0;
        return;
      }
      if (!started.has(event.stream)) started.set(event.stream, Date.now());
      lines.set(event.stream, line(event, (Date.now() - (started.get(event.stream) ?? 0)) / 1000));
      draw();
    },
    end: () => undefined,
  };
}

function line({ stream, records, pages, done, total, report }: RunEvent, seconds: number): string {
  const mark = report ? (MARKS[report.status] ?? '?') : '…';
  const filled = total > 0 ? Math.min(BAR, Math.round((BAR * done) / total)) : 0;
  const bar =
    total > 1 && !report ? `[${'█'.repeat(filled)}${'·'.repeat(BAR - filled)}] ${done}/${total}` : '';
  const rate = seconds >= 1 ? `${Math.round(records / seconds)}/s` : '';
  const status = report && report.status !== 'succeeded' ? report.status : '';
  return `${mark} ${stream.padEnd(24)} ${String(records).padStart(8)} records ${String(pages).padStart(6)} pages ${rate.padStart(8)} ${status}${bar}`;
}
