/** Records that the warehouse holds already (documents, rejects) become rows once more, without asking WeCom. */

import type { BatchBuilder } from './batch.ts';
import { speller } from './spelling.ts';
import type { NormaliseContext, Stream } from './stream.ts';
import type { Table } from './table.ts';
import type { Batch, StagedRow, StreamLoader } from './warehouse.ts';

/** What normalise sees of a run that walks nothing: userids spelled as in a walk of the stream. */
export async function storedContext(loader: StreamLoader): Promise<NormaliseContext> {
  return { spelling: speller(await loader.spellings()) };
}

/** Rows without the progress of a unit: no walk stands behind them, so they prove nothing. */
export function provesNothing(stream: Stream, builder: BatchBuilder): Batch {
  const tables = builder.stagedRows();
  return { tables, keep: unsent(stream.tables, tables), endings: [], units: [], rejects: builder.rejects };
}

/** Guarded columns of which no record here has the key: what a walk of the whole list has stored there stays. */
function unsent(
  tables: readonly Table[],
  staged: ReadonlyMap<string, readonly StagedRow[]>,
): Map<string, Set<string>> {
  const keep = tables.map(({ name, guarded }): [string, Set<string>] => [
    name,
    new Set(guarded.filter((column) => !staged.get(name)?.some(({ row }) => row[column] !== undefined))),
  ]);
  return new Map(keep.filter(([, columns]) => columns.size > 0));
}
