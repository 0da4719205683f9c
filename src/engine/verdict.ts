/** What a stream ended as, once it was walked to its end. Pure. */

import { Incomplete, missingText } from './completeness.ts';
import { describe, WarehouseError } from './errors.ts';
import type { Stream } from './stream.ts';
import type { StreamRun } from './stream-run.ts';
import type { StreamStatus, UnitProgress } from './warehouse.ts';

export interface Outcome {
  readonly status: StreamStatus;
  readonly error: unknown;
}

export interface Ended {
  /** Reasons of what was held. */
  readonly held: readonly string[];
  /** Units that this run was to read. */
  readonly planned: number;
  /** The killed run that this one continues has read some units: those left say nothing about all of them. */
  readonly continued: boolean;
}

type Judged = Pick<
  StreamRun,
  'announced' | 'done' | 'failed' | 'records' | 'refusedList' | 'rejectedRecords' | 'skipped'
>;

export function verdict(stream: Stream, run: Judged, { held, planned, continued }: Ended): Outcome {
  const [unit, first] = [...run.failed][0] ?? [];
  if (first !== undefined) {
    const described = describe(first);
    const missing = missingText(run.announced());
    const error = new WarehouseError(
      described.code,
      `${run.failed.size} of ${planned} units of ${stream.name} failed, the first one ${unit}: ${described.message}${missing === '' ? '' : `${/\.$/.test(described.message) ? '' : '.'} Missing: ${missing}.`}`,
      described.remedy,
      first,
    );
    const read = run.done.size > 0 || first instanceof Incomplete;
    return { status: read ? 'partial' : 'failed', error };
  }
  const refused = continued ? undefined : allRefused(run, planned, least(stream));
  if (refused !== undefined)
    return {
      status: 'failed',
      error: new WarehouseError(
        'ALL_REFUSED',
        `${stream.name}: WeCom refused ${refused} as not visible, so nothing was read and nothing ended.`,
        'Check the visible range of the app and that it is a callable app of this product. 请检查应用的可见范围和「可调用接口的应用」。',
      ),
    };
  if (run.records >= least(stream) && run.rejectedRecords >= run.records)
    return {
      status: 'failed',
      error: new WarehouseError(
        'ALL_REJECTED',
        `${stream.name}: ${run.records === 1 ? 'the only record received' : `all ${run.records} records received`} could not become rows, so nothing was read and nothing ended.`,
        `Look at them with: rejects ${stream.name}. WeCom has probably changed its answers: update wecom-warehouse or report it, then rejects --retry. 请用 rejects ${stream.name} 查看；很可能是企业微信接口有变更，请升级或反馈，之后执行 rejects --retry。`,
      ),
    };
  if (held.length > 0)
    return {
      status: 'held',
      error: new WarehouseError(
        'HELD',
        `${stream.name}: rows were held and not ended, because ${held.join('; ')}.`,
        'Check in WeCom whether these rows are really gone (visible range, callable apps). If so: sync --accept-deletes. 请在企业微信管理后台核实；确认属实后执行 sync --accept-deletes。',
      ),
    };
  return { status: 'succeeded', error: null };
}

/**
 * From how many on "all of them" says more than "this one": a snapshot shows everything every night, the other streams
 * only what is new, and in a quiet night that may be the one bad request.
 */
const least = ({ mode }: Stream): number => (mode === 'snapshot' ? 1 : 2);

/** One object that is not visible is explained; all of them at once is a lost permission. Says which; undefined: not all. */
function allRefused(run: Judged, planned: number, fewest: number): string | undefined {
  const reasons = [...run.skipped.values()];
  if (run.done.size === 0 && reasons.length > 0 && reasons.every((one) => one === 'not_visible'))
    return planned === 1 ? 'its only unit' : `all ${planned} units`;
  const list = run.refusedList(fewest);
  return list && `all ${list.expected} ${list.what}`;
}

/**
 * Whether this cycle has read a unit before this run began: since the stream succeeded last, something was finished, and
 * not only refused, in the cycle.
 */
export function readBefore(
  progress: ReadonlyMap<string, UnitProgress>,
  cycle: string,
  lastSuccess: string | null,
): boolean {
  return [...progress.values()].some(
    (unit) => unit.cycle === cycle && unit.completedAt !== null && unit.completedAt > (lastSuccess ?? ''),
  );
}
