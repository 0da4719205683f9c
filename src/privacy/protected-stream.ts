/**
 * A stream whose records have no value that the configuration drops or hashes, and nobody who was forgotten. This is the
 * only border: what comes behind it (rows, `extra`, payloads, rejects, proofs) never sees them.
 */

import {
  type NormaliseContext,
  RecordRejected,
  type Step,
  type Stream,
  type StreamContext,
} from '../engine/stream.ts';
import type { Row, Table } from '../engine/table.ts';
import type { JsonObject } from '../wecom/json.ts';
import { PERSON_ID_COLUMN } from './columns.ts';
import { type Forgotten, isPlaceholder, type NameScope } from './forgotten.ts';
import { type Policy, treatmentOf } from './policy.ts';

export interface Protection {
  readonly policy: Policy;
  /** Of `hash`; empty when nothing is hashed. */
  readonly key: string;
  readonly forgotten: Forgotten;
}

/** The record as it may be stored; null when it is about somebody who was forgotten. */
export function protectRecord(
  stream: Stream,
  { policy, key, forgotten }: Protection,
): (record: JsonObject, context: NormaliseContext) => JsonObject | null {
  const treat = treatmentOf(stream.tables, policy, key);
  const scope = nameScope(stream);
  return (record, context) => {
    const treated = treat(record);
    if (forgotten.isEmpty) return treated;
    const clean = forgotten.record(treated, scope);
    return clean !== treated && isAboutForgotten(stream, scope, clean, context) ? null : clean;
  };
}

export function protectedStream(stream: Stream, protection: Protection): Stream {
  const changes = Object.values(protection.policy).some(
    (treatment) => treatment === 'drop' || treatment === 'hash',
  );
  if (!changes && protection.forgotten.isEmpty) return stream;
  const protect = protectRecord(stream, protection);
  const { explain, departures } = stream;
  return {
    ...withoutForgottenRows(stream),
    blocks: (context) => stream.blocks(withoutPlaceholders(context)),
    async *read(block, context): AsyncGenerator<Step> {
      for await (const step of stream.read(block, withoutPlaceholders(context))) {
        if (step.type !== 'records') yield step;
        else {
          const records = step.records.map((record) => protect(record, context));
          yield { ...step, records: records.filter((record) => record !== null) };
        }
      }
    },
    ...(explain && {
      async explain(key, context) {
        const explained = await explain.call(stream, key, withoutPlaceholders(context));
        // Who was forgotten has no row that could be explained.
        return typeof explained === 'string' ? explained : (protect(explained, context) ?? 'absent');
      },
    }),
    ...(departures && {
      departures: (context) => departures.call(stream, withoutPlaceholders(context)),
    }),
  };
}

/** Rows that a record about something else has of a forgotten person (a member of a group) are none. */
export function withoutForgottenRows(stream: Stream): Stream {
  if (isDocument(stream)) return stream;
  return {
    ...stream,
    normalise(record, context) {
      const rows = stream.normalise(record, context);
      return Object.fromEntries(
        stream.tables.map((table) => [
          table.name,
          (rows[table.name] ?? []).filter((row) => !isAboutPlaceholder(table, row)),
        ]),
      );
    },
  };
}

const isAboutPlaceholder = ({ key }: Table, row: Row): boolean =>
  Object.keys(key).some((column) => isPlaceholder(row[column]));

const isDocument = ({ tables }: Stream): boolean => tables.some((table) => table.payload);

export function nameScope(stream: Stream): NameScope {
  if (isDocument(stream)) return 'document';
  const [root] = stream.tables;
  return Object.keys(root?.key ?? {}).some((column) => PERSON_ID_COLUMN.test(column)) ? 'none' : 'own';
}

/** A record whose row would have a forgotten person in its key. Documents are never about one person. */
function isAboutForgotten(
  stream: Stream,
  scope: NameScope,
  clean: JsonObject,
  context: NormaliseContext,
): boolean {
  if (scope !== 'none') return false;
  try {
    const rows = stream.normalise(clean, context);
    return stream.tables.some(
      (table) => table.parent === null && rows[table.name]?.some((row) => isAboutPlaceholder(table, row)),
    );
  } catch (error) {
    if (!(error instanceof RecordRejected)) throw error;
    // Whose it is cannot be read; as a reject it would keep all that it says of the person.
    return true;
  }
}

/** What a stream reads from the warehouse to ask WeCom about: a placeholder is nobody that WeCom knows. */
function withoutPlaceholders(context: StreamContext): StreamContext {
  return {
    ...context,
    async stored(table, columns, where) {
      const rows = await context.stored(table, columns, where);
      return rows.map((row) =>
        Object.values(row).some(isPlaceholder)
          ? Object.fromEntries(
              Object.entries(row).map(([name, value]) => [name, isPlaceholder(value) ? null : value]),
            )
          : row,
      );
    },
  };
}
