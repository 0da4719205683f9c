/** When which streams run: cron expressions in Asia/Shanghai, the night that was missed, and one run after the other. */
import nodeCron, { type ScheduledTask } from 'node-cron';
import { addDays, shanghaiDay, startOfDay } from './days.ts';
import type { Stream } from './engine/stream.ts';

const TIME_ZONE = 'Asia/Shanghai';

export interface Job {
  /** For logs and pages. */
  readonly name: string;
  readonly cron: string;
  /** Empty: all. */
  readonly streams: readonly string[];
  /** Looked at when its turn comes: nothing to do when what it would bring is there. */
  readonly onlyIfMissed?: boolean;
}

export interface Schedules {
  readonly default: string;
  readonly statistics: string;
  readonly streams: Readonly<Record<string, string>>;
}

/** The jobs of the configuration, the widest first: what it brings need not be caught up again. */
export function jobsOf(schedules: Schedules, catalogue: readonly Stream[]): Job[] {
  const daily = catalogue.filter((stream) => stream.mode === 'daily').map((stream) => stream.name);
  return [
    { name: 'default', cron: schedules.default, streams: [] },
    { name: 'statistics', cron: schedules.statistics, streams: daily },
    ...Object.entries(schedules.streams).map(([name, cron]) => ({ name, cron, streams: [name] })),
  ];
}

/** Everything that is wrong with the schedules, one sentence each. */
export function scheduleProblems(schedules: Schedules, catalogue: readonly Stream[]): string[] {
  const known = catalogue.map((stream) => stream.name);
  const entries = [
    ['schedules.default', schedules.default],
    ['schedules.statistics', schedules.statistics],
    ...Object.entries(schedules.streams).map(([name, cron]) => [`schedules.streams.${name}`, cron]),
  ] as const;
  return [
    ...Object.keys(schedules.streams)
      .filter((name) => !known.includes(name))
      .map((name) => `schedules.streams.${name}: there is no such stream; streams: ${known.join(', ')}`),
    ...entries.flatMap(([place, cron = '']) => {
      const { valid, errors } = nodeCron.validateDetailed(cron);
      return valid
        ? []
        : [`${place} "${cron}" is no cron expression: ${errors.map((one) => one.message).join('; ')}`];
    }),
  ];
}

/** How far back a missed time is looked for: monthly schedules are not caught up after a longer absence. */
const LOOK_BACK_DAYS = 31;

/** The last time (ms) at or before `now` that the expression names; null: none within a month. */
export function lastScheduled(cron: string, now: number): number | null {
  const { hour, minute, second } = nodeCron.parse(cron);
  const down = (numbers: readonly number[]) => [...numbers].sort((a, b) => b - a);
  const task = nodeCron.createTask(cron, () => undefined, { timezone: TIME_ZONE });
  try {
    for (let back = 0; back <= LOOK_BACK_DAYS; back += 1) {
      const day = startOfDay(addDays(shanghaiDay(now), -back));
      // The day of month and of week are the task's own affair; a day that does not match costs one look.
      for (const h of down(hour))
        for (const m of down(minute))
          for (const s of down(second)) {
            const at = (day + h * 3600 + m * 60 + s) * 1000;
            if (at > now) continue;
            if (task.match(new Date(at))) return at;
          }
    }
    return null;
  } finally {
    void task.destroy();
  }
}

/** Start of the last run in which a stream succeeded (ms), or why that does not matter. */
export type Successes = ReadonlyMap<
  string,
  { readonly succeededAt: number | null; readonly permitted: boolean }
>;

/** Whether the last scheduled time of the job passed without a success of each of its streams. */
export function isMissed(job: Job, successes: Successes, catalogue: readonly Stream[], now: number): boolean {
  const due = lastScheduled(job.cron, now);
  if (due === null) return false;
  const names = job.streams.length > 0 ? job.streams : catalogue.map((stream) => stream.name);
  return names.some((name) => {
    const last = successes.get(name);
    // A stream that may not be read is asked for at its next time, and not at every start of the service.
    return last === undefined || (last.permitted && (last.succeededAt === null || last.succeededAt < due));
  });
}

export interface Scheduler {
  /** Next time of each job. */
  next(): { readonly job: Job; readonly at: Date | null }[];
  stop(): void;
}

/** Calls `enqueue` at the times of each job. */
export function startScheduler(jobs: readonly Job[], enqueue: (job: Job) => void): Scheduler {
  const tasks: { job: Job; task: ScheduledTask }[] = jobs.map((job) => ({
    job,
    // A sleeping laptop or a busy process may be late by minutes; the queue makes sure that nothing runs twice.
    task: nodeCron.schedule(job.cron, () => enqueue(job), { timezone: TIME_ZONE, name: job.name }),
  }));
  return {
    next: () => tasks.map(({ job, task }) => ({ job, at: task.getNextRun() })),
    stop: () => {
      for (const { task } of tasks) void task.destroy();
    },
  };
}

/** Jobs one after the other: never two runs at once in this process. A job that waits already is not added again. */
export class JobQueue {
  readonly #waiting: Job[] = [];
  readonly #run: (job: Job) => Promise<void>;
  #working: Promise<void> | null = null;
  #current: Job | null = null;
  #closed = false;

  /** `run` reports its own errors and does not reject. */
  constructor(run: (job: Job) => Promise<void>) {
    this.#run = run;
  }

  get current(): Job | null {
    return this.#current;
  }

  add(job: Job): void {
    if (this.#closed || this.#waiting.includes(job)) return;
    this.#waiting.push(job);
    this.#working ??= this.#work();
  }

  /** Takes nothing more and resolves when the current job has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    await this.#working;
  }

  async #work(): Promise<void> {
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      this.#current = job;
      await this.#run(job);
      this.#current = null;
    }
    this.#working = null;
  }
}
