import type { RunEvent } from './run.ts';
import type { Spared } from './stream.ts';
import type { StreamRun } from './stream-run.ts';

/** What is said of a stream while it runs: events for the operator's screen, and notes that are kept with the run. */
export class Journal {
  apiCalls = 0;
  /** Units planned. */
  planned = 0;
  spared: readonly Spared[] = [];
  private readonly noted = new Map<string, Readonly<Record<string, unknown>> | undefined>();
  private readonly stream: string;
  private readonly run: StreamRun;
  private readonly onEvent: (event: RunEvent) => void;

  constructor(stream: string, run: StreamRun, onEvent: (event: RunEvent) => void) {
    this.stream = stream;
    this.run = run;
    this.onEvent = onEvent;
  }

  emit(type: RunEvent['type'], more: Partial<RunEvent> = {}): void {
    const { records, pages, done } = this.run;
    this.onEvent({
      type,
      stream: this.stream,
      records,
      pages,
      done: done.size,
      total: this.planned,
      ...more,
    });
  }

  /** Said once per run, however often it happens. */
  note(text: string, data?: Readonly<Record<string, unknown>>): void {
    if (this.noted.has(text)) return;
    this.noted.set(text, data);
    this.emit('note', { text, ...(data ? { data } : {}) });
  }

  notes(): string[] {
    return [...this.noted].map(([text, data]) => (data ? `${text} ${JSON.stringify(data)}` : text));
  }
}
