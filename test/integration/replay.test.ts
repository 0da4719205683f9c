import { afterEach, describe, expect, it } from 'vitest';
import { approvalTemplatesStream } from '../../extractors/approval_templates.ts';
import { approvalsStream } from '../../extractors/approvals.ts';
import { lockCorp } from '../../loaders/lock.ts';
import { RecordRejected, type Stream } from '../../src/engine/stream.ts';
import { documentStreams, type ReplayedStream, replay } from '../../src/replay.ts';
import { type Filled, forever, openFilled } from './repair-support.ts';

const open: Filled[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function filled(...args: Parameters<typeof openFilled>): Promise<Filled> {
  const made = await openFilled(...args);
  open.push(made);
  return made;
}

/** Replays a clock second after everything before, so that each replay has an instant of its own. */
let seconds = 0;
async function again(one: Filled, streams?: readonly Stream[], signal = forever) {
  seconds += 1;
  const clock = { ...one.clock, now: () => one.clock.now() + seconds * 1_000 };
  return replay(one.database, one.corpId, { signal, clock, ...(streams ? { streams } : {}) });
}

const TABLES = documentStreams().flatMap((stream) => stream.tables.map((table) => table.name));

/** All rows of all tables of document streams, without the times of their versions. */
async function contents(one: Filled): Promise<Record<string, unknown[]>> {
  const tables: Record<string, unknown[]> = {};
  for (const name of TABLES) {
    const rows = await one.query<{ row: string }>(
      `SELECT (to_jsonb(t) - 'valid_from')::text AS row FROM wecom.${name} t ORDER BY 1`,
    );
    tables[name] = rows.map(({ row }) => row);
  }
  return tables;
}

async function historyRows(one: Filled): Promise<number> {
  let sum = 0;
  for (const name of TABLES) sum += await one.count(`wecom_history.${name}`);
  return sum;
}

const changes = (streams: readonly ReplayedStream[]) =>
  streams.map(({ inserted, updated, deleted, rejected }) => inserted + updated + deleted + rejected);

/** The approvals stream with another mapping of the rows of each document. */
const mapped = (
  change: (rows: ReturnType<Stream['normalise']>) => ReturnType<Stream['normalise']>,
): Stream => ({
  ...approvalsStream,
  normalise: (record, context) => change(approvalsStream.normalise(record, context)),
});

describe('replay', () => {
  it.each(['none', 'all'] as const)('changes nothing where nothing changed (traps %s)', async (traps) => {
    const one = await filled(traps);
    const before = await contents(one);
    const { result } = await again(one);
    expect(result.map(({ stream }) => stream)).toEqual(['approvals', 'approval_templates']);
    expect(changes(result)).toEqual([0, 0]);
    for (const { documents, unchanged } of result) expect(unchanged).toBeGreaterThan(documents);
    expect(result[0]?.documents).toBe(await one.count('wecom.approvals'));
    expect(result[1]?.documents).toBe(await one.count('wecom.approval_templates'));
    expect(await contents(one)).toEqual(before);
    expect(await historyRows(one)).toBe(0);
  });

  it('opens versions where typed columns change, and goes back by the mapping of before', async () => {
    const one = await filled();
    const before = await contents(one);
    const n = await one.count('wecom.approvals');
    const shouted = mapped((rows) => ({
      ...rows,
      approvals: (rows.approvals ?? []).map((row) => ({ ...row, sp_name: `${row.sp_name}!` })),
    }));
    const first = await again(one, [shouted]);
    expect(first.result[0]).toMatchObject({ documents: n, updated: n, inserted: 0, deleted: 0 });
    const ended = await one.query(
      `SELECT DISTINCT valid_to, ended_by FROM wecom_history.approvals WHERE sp_name NOT LIKE '%!'`,
    );
    expect(ended).toEqual([{ valid_to: new Date(first.startedAt), ended_by: 'changed' }]);
    expect((await again(one, [shouted])).result[0]).toMatchObject({
      updated: 0,
      unchanged: expect.any(Number),
    });
    expect((await again(one)).result[0]).toMatchObject({ updated: n });
    expect(await contents(one)).toEqual(before);
  });

  it('changes in place what opens no version', async () => {
    const one = await filled();
    const n = await one.count('wecom.approvals');
    const versions = await one.query('SELECT sp_no, valid_from FROM wecom.approvals ORDER BY 1');
    const noted = mapped((rows) => ({
      ...rows,
      approvals: (rows.approvals ?? []).map((row) => ({ ...row, extra: '{"kept": 12345678901234567890}' })),
    }));
    expect((await again(one, [noted])).result[0]).toMatchObject({ updated: n });
    expect(await historyRows(one)).toBe(0);
    expect(await one.query('SELECT sp_no, valid_from FROM wecom.approvals ORDER BY 1')).toEqual(versions);
    expect(await one.count(`wecom.approvals WHERE extra::text LIKE '%12345678901234567890%'`)).toBe(n);
  });

  it('ends and brings back child rows', async () => {
    const one = await filled();
    const before = await contents(one);
    const fields = await one.count('wecom.approval_fields');
    const formless = mapped((rows) => ({ ...rows, approval_fields: [] }));
    expect((await again(one, [formless])).result[0]).toMatchObject({
      deleted: fields,
      inserted: 0,
      updated: 0,
    });
    expect(await one.count('wecom.approval_fields')).toBe(0);
    expect((await again(one)).result[0]).toMatchObject({ inserted: fields, deleted: 0 });
    expect(await contents(one)).toEqual(before);
  });

  it('reads every document once, page by page', async () => {
    const one = await filled();
    const n = await one.count('wecom.approvals');
    await one.query(`
      INSERT INTO wecom.approvals (corp_id, sp_no, payload, valid_from)
      SELECT corp_id, sp_no || '-' || i, jsonb_set(payload, '{sp_no}', to_jsonb(sp_no || '-' || i)), valid_from
      FROM wecom.approvals, generate_series(1, 30) i`);
    const seen: string[] = [];
    const watched = mapped((rows) => {
      seen.push(...(rows.approvals ?? []).map((row) => String(row.sp_no)));
      return rows;
    });
    const { result } = await again(one, [watched]);
    expect(n * 31).toBeGreaterThan(300);
    expect(result[0]).toMatchObject({ documents: n * 31, rejected: 0 });
    expect(new Set(seen).size).toBe(n * 31);
    expect(seen.length).toBe(n * 31);
    expect(await one.count('wecom.approvals WHERE sp_name IS NULL')).toBe(0);
  });

  it('keeps the rows of a document that becomes none any more, and says so', async () => {
    const one = await filled();
    const before = await contents(one);
    const strict: Stream = {
      ...approvalTemplatesStream,
      normalise() {
        throw new RecordRejected('no template any more');
      },
    };
    const { result } = await again(one, [strict]);
    expect(result[0]?.rejected).toBe(await one.count('wecom.approval_templates'));
    expect(await contents(one)).toEqual(before);
    expect(await one.count(`wecom_sync.rejects WHERE reason = 'no template any more'`)).toBe(
      result[0]?.rejected,
    );
  });

  it('is a run of its own that no walk depends on', async () => {
    const one = await filled();
    const stop = new AbortController();
    const stopped = await one.run({
      signal: stop.signal,
      onEvent: (event) => void (event.type === 'finished' && stop.abort()),
    });
    const streams = await one.query('SELECT * FROM wecom_sync.run_streams ORDER BY run_id, stream');
    const { runId, startedAt } = await again(one);
    expect(
      await one.query('SELECT status, cycle, started_at, options FROM wecom_sync.runs WHERE run_id = $1', [
        runId,
      ]),
    ).toEqual([
      {
        status: 'succeeded',
        cycle: runId,
        started_at: new Date(startedAt),
        options: { command: 'replay', streams: ['approvals', 'approval_templates'] },
      },
    ]);
    expect(await one.query('SELECT * FROM wecom_sync.run_streams ORDER BY run_id, stream')).toEqual(streams);
    const next = await one.run();
    expect(next).toMatchObject({ status: 'succeeded', continued: stopped.runId });
    expect(
      next.streams.reduce((sum, { inserted, updated, deleted }) => sum + inserted + updated + deleted, 0),
    ).toBe(0);
  });

  it('waits for no other run, and stops between two pages', async () => {
    const one = await filled();
    const lock = await lockCorp(one.database.pool, one.corpId, () => undefined);
    await expect(again(one)).rejects.toMatchObject({ code: 'LOCKED' });
    await lock.release();
    const stopped = await again(one, undefined, AbortSignal.abort());
    expect(stopped.result).toEqual([]);
    expect(await one.count(`wecom_sync.runs WHERE status = 'interrupted'`)).toBe(1);
  });
});
