/**
 * A stream is one declaration: where its records come from, how one record becomes rows, and what a finished walk
 * proves. The catalogue, the run order, the state keys, the docs and the contract tests are derived from it.
 *
 * run      one execution of `sync` for one corp.
 * unit     what is proved, resumed and held: the whole list (`*`), a member, a day, a window, a group.
 * block    what is read together because it is cheap together (100 members in one call): transport only.
 * step     what reading a block tells the engine: a page of records, or the end of a unit.
 */

import type { Day, DayRange, DaySet } from '../days.ts';
import type { JsonObject, JsonValue } from '../wecom/json.ts';
import type { SecretArea } from '../wecom/secrets.ts';
import type { Count } from './completeness.ts';
import type { Probe } from './probe.ts';
import type { Row, Table } from './table.ts';

export type StreamMode = 'snapshot' | 'daily' | 'window' | 'lookup';

/** The unit of a stream that is proved as a whole. */
export const WHOLE = '*';

export interface Block {
  /** Units that this block can finish; the engine marks those that it does not mention as failed. */
  readonly units: readonly string[];
  /** Days asked for, for daily and window streams. */
  readonly days?: DayRange;
  /** What else `read` needs (group ids, day list …). */
  readonly ids?: readonly string[];
  /** The list that the units stand in, in the plural (`groups`): each of them is expected to be read or explained. */
  readonly listed?: string;
  /** What `blocks` learned about those ids and `read` needs (a group's list status). */
  readonly hints?: Readonly<Record<string, string>>;
  /** What need not be read tonight, and why: for the summary of the run. */
  readonly spared?: Spared;
}

export interface Spared {
  readonly count: number;
  /** Goes on after the number, in the plural: `requests: decided, …`. */
  readonly what: string;
}

/**
 * The rows of one record, by table name. `undefined`: the record did not have the key of a child table, which counts as
 * an empty list, unless no record of the walk had it (guarded.ts).
 */
export type Rows = Readonly<Record<string, readonly Row[] | undefined>>;

export type Step =
  /** Records of one unit, in the order received. `unit` undefined: the record does not say whose it is. */
  | {
      readonly type: 'records';
      readonly unit: string | undefined;
      readonly records: readonly JsonObject[];
      /** Days that the records may be of, where that is less than all days of the block. */
      readonly days?: DaySet;
    }
  /** The unit was walked to its end with errcode 0. `days`: what that covers. `shown`: keys a list showed without rows. */
  | {
      readonly type: 'done';
      readonly unit: string;
      readonly days?: DaySet;
      readonly shown?: Readonly<Record<string, readonly Row[]>>;
      /** Progress, but no proof: an answer that is empty where rows exist removes nothing. */
      readonly unproved?: boolean;
      /** Days among `days` for which the answer held nothing for anybody: read once more before they are believed. */
      readonly doubtful?: DaySet;
      /** Days asked for that can never be had any more, and why (the oldest one, expired while the run crossed midnight). */
      readonly lost?: { readonly days: DaySet; readonly reason: string };
    }
  /** Explained: WeCom says that there is nothing to have here (resigned, unlicensed, not visible). Proves nothing. */
  | {
      readonly type: 'skipped';
      readonly unit: string;
      readonly reason: string;
      /** Days that can never be had any more. */
      readonly lost?: DaySet;
      /** Do not ask for this unit again (a leaver). Without effect, `lost` too, in a run that could read no unit. */
      readonly closed?: boolean;
    }
  /**
   * A number that WeCom named, and what came of it; before the end of the unit. When some are missing the unit fails:
   * its rows are kept, but it is not finished, and nothing of it ends.
   */
  | ({
      readonly type: 'count';
      readonly unit: string;
      /** Of the explained ones, how many WeCom refused as not visible. */
      readonly refused?: number;
    } & Count)
  /** The unit could not be finished; the run is partial and the next one starts it at its first page. */
  | { readonly type: 'failed'; readonly unit: string; readonly error: Error }
  /** One row, with all that hangs on it, ended for a reason that WeCom gave (group_dismissed …). */
  | {
      readonly type: 'ended';
      readonly unit: string;
      readonly table: string;
      readonly key: Row;
      readonly reason: string;
    };

/** Rows of a table, all or those with these values, optionally only some days of a date column. */
export interface Scope {
  readonly table: string;
  readonly where: Row;
  readonly days?: { readonly column: string; readonly set: DaySet };
}

/** Rows that end for a reason that WeCom gave, and not by absence from their own list. */
export interface Ending {
  /** Whose last finished walk showed the rows for the last time. */
  readonly unit: string;
  readonly scope: Scope;
  readonly reason: string;
}

export interface Call {
  /** Without `/cgi-bin/`, e.g. `externalcontact/groupchat/list`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: JsonValue;
  /** Key of the main list that an answer with errcode 0 must have. */
  readonly list?: string;
}

/** What the pure part of a stream may use. */
export interface NormaliseContext {
  /** The directory's spelling of a userid (WeCom compares them without case), else the userid as received. */
  spelling(userid: string): string;
}

/** What an extractor may use: WeCom, the plan, and read-only looks at what the warehouse holds. */
export interface StreamContext extends NormaliseContext {
  call(request: Call): Promise<JsonObject>;
  /** Start of the run, milliseconds. */
  readonly startedAt: number;
  readonly today: Day;
  /** `--full`: read again everything that the API still gives. */
  readonly full: boolean;
  /** Units that this cycle (a run, or the killed run that it continues) has not finished yet. */
  pending(units: readonly string[]): string[];
  /** Units for which the warehouse has progress, except closed ones. */
  knownUnits(): string[];
  /** Rows that the unit's last finished walk showed: balances blocks. 0 when never walked. */
  lastRows(unit: string): number;
  /** Start of the last run in which this stream succeeded, ISO; null when none did. */
  readonly lastSuccess: string | null;
  /** Days to read for a unit of a daily or window stream: those missing and those re-read every run. */
  needed(unit: string): DaySet;
  /** Days of the unit that earlier runs covered. */
  covered(unit: string): DaySet;
  /** Those of them that nothing will change any more. */
  settled(unit: string): DaySet;
  /** Current rows of a table, parsed: text stays text, bigint and timestamps are text, integers numbers. */
  stored(table: string, columns: readonly string[], where?: Row): Promise<StoredRow[]>;
  /** True when the stream's walk was complete and not held in this cycle. */
  complete(stream: string): boolean;
  readonly signal: AbortSignal;
  /** A line for the operator: shown in the log, once per run and text. */
  note(text: string, data?: Readonly<Record<string, unknown>>): void;
}

export type StoredRow = Readonly<Record<string, string | number | boolean | null | string[]>>;

export interface Stream {
  readonly name: string;
  readonly label: { readonly zh: string; readonly en: string };
  readonly area: SecretArea;
  readonly mode: StreamMode;
  /** Paths without `/cgi-bin/`. */
  readonly endpoints: readonly string[];
  /** For `check`: one call to each of the endpoints, in their order. */
  readonly probes: readonly [Probe, ...Probe[]];
  /** Streams that must have ended before this one starts. */
  readonly after: readonly string[];
  /** Streams of `after` without whose rows this one cannot start. */
  readonly needs: readonly string[];
  /** In the order in which they are merged, parents first. */
  readonly tables: readonly Table[];
  /** Daily and window streams: how many days WeCom keeps, and how many ended days are read again every run. */
  readonly days?: {
    readonly retention: number;
    readonly tail: number;
    /** `today`: the window reaches up to now; else up to yesterday. */
    readonly until: 'yesterday' | 'today';
    /** WeCom forgets what is older; otherwise `retention` is only how far the first run goes back. */
    readonly forgets: boolean;
    /** Date column by which a provisional figure is recognised. */
    readonly column?: string;
    /** Columns that count what happened on a day: when they are 0 for everybody the day is read again (day-ledger.ts). */
    readonly figures?: readonly string[];
  };
  /** Held as a whole when it would lose more than this share and at least this many rows. `null`: never held. */
  readonly hold: { readonly share: number; readonly least: number } | null;
  /** What is to be read, the most urgent first. */
  blocks(context: StreamContext): Promise<readonly Block[]>;
  read(block: Block, context: StreamContext): AsyncIterable<Step>;
  /** Pure. Throws RecordRejected when the record has no readable key. */
  normalise(record: JsonObject, context: NormaliseContext): Rows;
  /** Documents: the record that `read` gave to `normalise`, from the payload and the key stored of it. Pure. Default: the payload. */
  fromPayload?(payload: JsonObject, key: Row): JsonObject;
  /** What a finished walk of the unit proves complete: rows there that the walk did not show have ended. */
  proof?(unit: string, days: DaySet): readonly Scope[];
  /** Reason of an ending by absence; default `absent`. */
  readonly absenceReason?: string;
  /** Asks WeCom why a key is no longer listed: a reason, or the record when it is alive after all. */
  explain?(key: Row, context: StreamContext): Promise<string | JsonObject>;
  /** Units that another complete list no longer has. */
  departures?(context: StreamContext): Promise<readonly Ending[]>;
}

/** A record that cannot become rows: goes to `wecom_sync.rejects` with its payload. */
export class RecordRejected extends Error {
  readonly code = 'RECORD_REJECTED';
  override name = 'RecordRejected';
  /** What its keys show, which counts as seen; undefined: they cannot be read, so its walk proves nothing. */
  readonly shown: Rows | undefined;

  constructor(message: string, shown?: Rows) {
    super(message);
    this.shown = shown;
  }
}
