import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { approvalsStream } from '../../extractors/approvals.ts';
import { catalogue } from '../../extractors/index.ts';
import { streamLoader } from '../../loaders/stream-loader.ts';
import type { Stream } from '../../src/engine/stream.ts';
import { retryRejects } from '../../src/rejects.ts';
import { isJsonObject, type JsonObject, parseAnswer } from '../../src/wecom/json.ts';
import { type Filled, forever, openFilled } from './repair-support.ts';

const CHILDREN = approvalsStream.tables.map((table) => table.name);
let one: Filled;
beforeEach(async () => {
  one = await openFilled();
});
afterEach(() => one.close());

const streamOf = (name: string): Stream => {
  const stream = catalogue.find((candidate) => candidate.name === name);
  if (!stream) throw new Error(name);
  return stream;
};

/** A record that a run at `at` rejected, as the loader keeps it. */
async function reject(name: string, unit: string | undefined, payload: JsonObject, at: string) {
  const loader = streamLoader(one.database.db, streamOf(name), {
    corpId: one.corpId,
    runId: 'rejecting',
    cycle: 'rejecting',
    startedAt: at,
  });
  const rejects = [{ unit, reason: 'the mapping of before', payload }];
  await loader.commit({ tables: new Map(), keep: new Map(), endings: [], units: [], rejects });
}

/** A retry some seconds after everything else. */
function retry(streams?: readonly Stream[], stream?: string) {
  const clock = { ...one.clock, now: () => one.clock.now() + 5_000 };
  return retryRejects(one.database, one.corpId, {
    signal: forever,
    clock,
    stream,
    ...(streams ? { streams } : {}),
  });
}

/** The first requests with their documents, taken out of the tables as if they had never become rows. */
async function takeOut(n: number): Promise<{ spNo: string; document: JsonObject }[]> {
  const rows = await one.query<{ sp_no: string; payload: string }>(
    `SELECT sp_no, payload::text AS payload FROM wecom.approvals
      WHERE applicant_userid IN (SELECT userid FROM wecom.employees) ORDER BY sp_no LIMIT $1`,
    [n],
  );
  for (const table of CHILDREN)
    await one.query(`DELETE FROM wecom.${table} WHERE sp_no = ANY($1)`, [rows.map((row) => row.sp_no)]);
  return rows.map((row) => ({ spNo: row.sp_no, document: parseAnswer(row.payload).answer }));
}

async function rowsOf(spNo: string) {
  const rows: string[] = [];
  for (const table of CHILDREN) {
    const found = await one.query<{ row: string }>(
      `SELECT (to_jsonb(t) - 'valid_from')::text AS row FROM wecom.${table} t WHERE sp_no = $1 ORDER BY 1`,
      [spNo],
    );
    rows.push(...found.map(({ row }) => `${table} ${row}`));
  }
  return rows;
}

const rejects = () =>
  one.query<{ reject_id: string; reason: string; first_seen_at: Date }>(
    'SELECT * FROM wecom_sync.rejects ORDER BY reject_id',
  );

describe('rejects --retry', () => {
  it('turns records into rows, spelt as the directory spells, in a run of its own', async () => {
    const [{ sp_no: spNo } = { sp_no: '' }] = await one.query<{ sp_no: string }>(
      `SELECT sp_no FROM wecom.approvals WHERE applicant_userid IN (SELECT userid FROM wecom.employees) ORDER BY 1`,
    );
    const before = await rowsOf(spNo);
    const document = (await takeOut(1))[0]?.document ?? {};
    const applyer = isJsonObject(document.applyer) ? document.applyer : {};
    const otherCase = { ...document, applyer: { ...applyer, userid: String(applyer.userid).toUpperCase() } };
    expect(otherCase).not.toEqual(document);
    await reject('approvals', '*', otherCase, one.first.startedAt);
    const { runId, startedAt, result } = await retry();
    expect(result).toMatchObject([
      { stream: 'approvals', resolved: 1, superseded: 0, rejected: 0, updated: 0 },
    ]);
    expect(result[0]?.inserted).toBe(before.length);
    const withoutPayload = (rows: readonly string[]) => rows.filter((row) => !row.startsWith('approvals '));
    expect(withoutPayload(await rowsOf(spNo))).toEqual(withoutPayload(before));
    expect(
      await one.query('SELECT applicant_userid, valid_from FROM wecom.approvals WHERE sp_no = $1', [spNo]),
    ).toEqual([{ applicant_userid: applyer.userid, valid_from: new Date(startedAt) }]);
    expect(await rejects()).toEqual([]);
    expect(await one.query('SELECT status, options FROM wecom_sync.runs WHERE run_id = $1', [runId])).toEqual(
      [{ status: 'succeeded', options: { command: 'rejects --retry', streams: [] } }],
    );
    const next = await one.run();
    expect(next.status).toBe('succeeded');
  });

  it('keeps what still becomes no row, once, with the reason of today', async () => {
    const [bad, good] = await takeOut(2);
    const { sp_no: _, ...nameless } = bad?.document ?? {};
    await reject('approvals', '*', nameless, one.first.startedAt);
    await reject('approvals', '*', good?.document ?? {}, one.first.startedAt);
    const before = await rejects();
    const { result } = await retry();
    expect(result).toMatchObject([{ resolved: 1, rejected: 1, superseded: 0 }]);
    const [left, ...others] = await rejects();
    expect(others).toEqual([]);
    const same = before.find((row) => row.reject_id === left?.reject_id);
    expect(left).toEqual({ ...same, reason: Object.keys(result[0]?.remaining ?? {})[0] });
    expect(left?.reason).toContain('sp_no');
    expect(await rowsOf(good?.spNo ?? '')).not.toEqual([]);
  });

  it('leaves the other records alone when PostgreSQL refuses one', async () => {
    const taken = await takeOut(3);
    const refused = taken[1]?.spNo ?? '';
    for (const { document } of taken) await reject('approvals', '*', document, one.first.startedAt);
    const tooLarge: Stream = {
      ...approvalsStream,
      normalise: (record, context) => {
        const rows = approvalsStream.normalise(record, context);
        if (record.sp_no !== refused) return rows;
        return { ...rows, approvals: (rows.approvals ?? []).map((row) => ({ ...row, sp_status: 2 ** 40 })) };
      },
    };
    const { result } = await retry([tooLarge]);
    expect(result).toMatchObject([{ resolved: 2, rejected: 1 }]);
    expect(Object.keys(result[0]?.remaining ?? {})[0]).toContain('PostgreSQL refused the record');
    expect((await rejects()).length).toBe(1);
    expect(await rowsOf(refused)).toEqual([]);
    expect(await retry()).toMatchObject({ result: [{ resolved: 1, rejected: 0 }] });
    expect(await rejects()).toEqual([]);
  });

  it('commits the rows and the end of the reject together', async () => {
    const [taken] = await takeOut(1);
    await reject('approvals', '*', taken?.document ?? {}, one.first.startedAt);
    await one.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$`,
    );
    await one.query(
      'CREATE TRIGGER refuse BEFORE DELETE ON wecom_sync.rejects FOR EACH ROW EXECUTE FUNCTION refuse()',
    );
    const nothingDone = async () => {
      await expect(retry()).rejects.toThrow('not now');
      expect(await rowsOf(taken?.spNo ?? '')).toEqual([]);
      expect((await rejects()).length).toBe(1);
    };
    await nothingDone();
    // Now the reject can go, and the rows are refused as late as can be.
    await one.query('DROP TRIGGER refuse ON wecom_sync.rejects');
    await one.query(`CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON wecom.approvals DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION refuse()`);
    await nothingDone();
    expect(await one.count(`wecom_sync.runs WHERE status = 'failed'`)).toBe(2);
  });

  it('never puts an old document over a newer one', async () => {
    const [row] = await one.query<{ sp_no: string; payload: string }>(
      'SELECT sp_no, payload::text AS payload FROM wecom.approvals ORDER BY 1 LIMIT 1',
    );
    const before = await rowsOf(row?.sp_no ?? '');
    const old = { ...parseAnswer(row?.payload ?? '').answer, sp_name: 'as it was' };
    await reject('approvals', '*', old, new Date(Date.parse(one.first.startedAt) - 60_000).toISOString());
    expect(await retry()).toMatchObject({ result: [{ superseded: 1, resolved: 0, updated: 0 }] });
    expect(await rowsOf(row?.sp_no ?? '')).toEqual(before);
    expect(await rejects()).toEqual([]);
  });

  it('brings nothing back that a later walk of the list no longer shows: it is no reject any more', async () => {
    const ghost = { id: 4711, name: 'ghost', parentid: 1, order: 1 };
    await reject('departments', '*', ghost, one.first.startedAt);
    await one.run();
    expect(await retry()).toMatchObject({ result: [] });
    expect(await one.count('wecom.departments WHERE department_id = 4711')).toBe(0);
    expect(await rejects()).toEqual([]);
  });

  it('takes what the last walk of the list showed', async () => {
    await reject('departments', '*', { id: 4711, name: 'late', parentid: 1, order: 1 }, one.first.startedAt);
    expect(await retry()).toMatchObject({ result: [{ stream: 'departments', resolved: 1, inserted: 1 }] });
    expect(await one.count('wecom.departments WHERE department_id = 4711')).toBe(1);
  });

  it('stores nothing for a unit that is not walked, because nothing would end it', async () => {
    await reject(
      'approval_templates',
      'unknown',
      { _asked_template_id: 'unknown', template_content: {} },
      one.first.startedAt,
    );
    expect(await retry()).toMatchObject({ result: [{ rejected: 1, resolved: 0, superseded: 0 }] });
    expect(await one.count(`wecom.approval_templates WHERE template_id = 'unknown'`)).toBe(0);
    expect((await rejects())[0]?.reason).toBe('the mapping of before');
  });

  it('retries only the stream that was named', async () => {
    await reject('departments', '*', { id: 4711, name: 'late', parentid: 1, order: 1 }, one.first.startedAt);
    expect((await retry(undefined, 'approvals')).result).toEqual([]);
    expect((await rejects()).length).toBe(1);
  });
});

describe('the command', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wecom-warehouse-rejects-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const cli = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
      const env = { ...process.env, DATABASE_URL: one.url, LOG_LEVEL: 'warn' };
      execFile(process.execPath, [main, ...args], { cwd: folder, env }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
    });

  it('lists rejects cut short, whole as JSON, and retries them', async () => {
    expect(await cli('rejects')).toEqual({ code: 0, stdout: 'There are no rejects.\n', stderr: '' });
    const long = '长'.repeat(400);
    const payload = parseAnswer(`{"name":"${long}","number":1234567890123456789}`).answer;
    await reject('departments', '*', payload, one.first.startedAt);
    const list = await cli('rejects');
    expect(list.code).toBe(0);
    expect(list.stdout).toContain('departments');
    expect(list.stdout).toContain('the mapping of before');
    const cut = list.stdout.split('\n').find((line) => line.includes('长')) ?? '';
    expect([...cut.trim()].length).toBe(201);
    const json = await cli('rejects', 'departments', '--json');
    expect(json.stdout).toContain('1234567890123456789');
    expect(JSON.parse(json.stdout)).toMatchObject([
      { stream: 'departments', unit: '*', payload: { name: long } },
    ]);
    expect(JSON.parse((await cli('rejects', 'approvals', '--json')).stdout)).toEqual([]);
    const retried = await cli('rejects', '--retry');
    expect(retried).toMatchObject({ code: 3 });
    expect(retried.stdout).toContain('0 became rows');
    expect((await cli('rejects', 'nonsense')).code).toBe(2);
  });

  it('warns of a configuration that others can read', async () => {
    const file = join(folder, '.env');
    await writeFile(file, 'WECOM_CORP_ID=ww0\n', { mode: 0o644 });
    await chmod(file, 0o644);
    expect((await cli('rejects')).stderr).toMatch(/"level":40.*\.env can be read by other users/);
    await chmod(file, 0o600);
    expect((await cli('rejects')).stderr).toBe('');
  });

  it('replays from the command line', async () => {
    const replayed = await cli('replay', 'approvals', '--json');
    expect(replayed).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(replayed.stdout)).toMatchObject({
      corpId: one.corpId,
      streams: [{ stream: 'approvals', inserted: 0, updated: 0, deleted: 0, rejected: 0 }],
    });
    expect((await cli('replay', 'departments')).code).toBe(2);
    expect((await cli('replay')).stdout).toContain('approval_templates');
  });
});
