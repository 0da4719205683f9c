import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { SECTIONS } from '../../docs/cookbook/index.ts';
import { liveDays } from '../../scripts/analysts/company.ts';
import { type Answer, cookbookPages, questionsOf, withAnalyst } from '../../scripts/analysts/cookbook.ts';
import { createDatabase } from '../../scripts/analysts/database.ts';
import { VIEW_KEYS, WITHOUT_CORP } from '../../scripts/analysts/keys.ts';
import { CUSTOMER_CHECKS } from '../support/cookbook-customers.ts';
import { OFFICE_CHECKS } from '../support/cookbook-office.ts';
import { SERVICE_CHECKS } from '../support/cookbook-service.ts';
import { Recorder } from '../support/cookbook-world.ts';
import '../support/database.ts';

const questions = questionsOf(SECTIONS);
const checks = { ...CUSTOMER_CHECKS, ...SERVICE_CHECKS, ...OFFICE_CHECKS };
const sorted = (rows: Answer['rows']) => rows.map((row) => JSON.stringify(row)).toSorted();

describe('the cookbook', () => {
  const recorder = new Recorder();
  let url = '';

  beforeAll(async () => {
    const { url: server, prefix } = inject('testServer');
    url = await createDatabase(server, `${prefix}_cookbook`);
    await liveDays(url, (simulator, at) => recorder.observe(simulator, at));
  }, 300_000);

  it('has 30 questions or more, each asked once, and most of them checked', () => {
    const ids = questions.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(30);
    expect(Object.keys(checks).filter((id) => !ids.includes(id))).toEqual([]);
    expect(Object.keys(checks).length).toBeGreaterThanOrEqual(20);
  });

  it.each(questions.map(({ id, sql }) => ({ id, sql })))('answers $id', async ({ id, sql }) => {
    const { header, rows } = await withAnalyst(url, (ask) => ask(sql));
    expect(rows.length).toBeGreaterThan(0);
    expect(new Set(header).size).toBe(header.length);
    const check = checks[id];
    if (check !== undefined) expect(sorted(rows)).toEqual(sorted(check(recorder.nights)));
  });

  it.each(Object.entries(VIEW_KEYS))('has one row per key in %s', async (view, key) => {
    const columns = WITHOUT_CORP.includes(view) ? key : ['corp_id', ...key];
    const { rows } = await withAnalyst(url, (ask) =>
      ask(`SELECT count(*), count(DISTINCT (${columns.join(', ')})) FROM ${view}`),
    );
    const [all, keys] = rows[0] ?? [];
    expect(keys).toBe(all);
    expect(all).not.toBe('0');
  });

  it('is what the committed pages show', async () => {
    for (const [path, text] of Object.entries(await cookbookPages(url)))
      expect(await readFile(path, 'utf8').catch(() => ''), `${path}: run npm run docs:dictionary`).toBe(text);
  });
});
