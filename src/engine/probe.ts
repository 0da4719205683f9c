/** How `check` finds out whether a stream may be read, without reading it. */
import type { Day } from '../days.ts';
import type { JsonObject } from '../wecom/json.ts';
import type { Call } from './stream.ts';

/** One cheap real call that changes nothing. */
export interface Probe {
  /** Of what an id must be known, in the words of the probe that finds it (`member`); absent: of nothing. */
  readonly needs?: string;
  /** `id` is that of `needs`, empty without. */
  call(id: string, today: Day): Call;
  /** Ids of something that exists, by what they are of; null: the answer shows none. */
  finds?(answer: JsonObject): Readonly<Record<string, string | null>>;
}
