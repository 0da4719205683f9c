import { appendFileSync } from 'node:fs';
import { test } from 'vitest';
import type { Fault } from '../../src/simulator/index.ts';
import { compare } from '../oracle/compare.ts';
import { Oracle } from '../oracle/expected.ts';
import { endings, history, type Observation } from '../oracle/history.ts';
import { openWarehouse } from '../oracle/warehouse.ts';

const PATHS = [
  'department/list',
  'user/list',
  'externalcontact/get_follow_user_list',
  'externalcontact/get_corp_tag_list',
  'externalcontact/get_unassigned_list',
  'externalcontact/batch/get_by_user',
  'externalcontact/groupchat/list',
  'externalcontact/groupchat/get',
  'externalcontact/get_user_behavior_data',
  'externalcontact/groupchat/statistic',
  'oa/getapprovalinfo',
  'oa/getapprovaldetail',
  'oa/gettemplatedetail',
  'checkin/getcheckindata',
];
const inf = Number.POSITIVE_INFINITY;
const KINDS: [string, Omit<Fault, 'path'>][] = [
  ['-1 once', { kind: { errcode: -1 } }],
  ['-1 for ever', { kind: { errcode: -1 }, times: inf }],
  ['45009 once', { kind: { errcode: 45009 } }],
  ['45009 for ever', { kind: { errcode: 45009 }, times: inf }],
  ['45033 x2', { kind: { errcode: 45033 }, times: 2 }],
  ['45033 for ever', { kind: { errcode: 45033 }, times: inf }],
  ['40014', { kind: { errcode: 40014 } }],
  ['42001', { kind: { errcode: 42001 } }],
  ['42001 for ever', { kind: { errcode: 42001 }, times: inf }],
  ['50100', { kind: { errcode: 50100 } }],
  ['50100 for ever', { kind: { errcode: 50100 }, times: inf }],
  ['301021', { kind: { errcode: 301021 }, times: inf }],
  ['48002', { kind: { errcode: 48002 }, times: inf }],
  ['60020', { kind: { errcode: 60020 }, times: inf }],
  ['60011', { kind: { errcode: 60011 }, times: inf }],
  ['99999', { kind: { errcode: 99999 }, times: inf }],
  ['reset once', { kind: 'reset' }],
  ['reset for ever', { kind: 'reset', times: inf }],
  ['html once', { kind: 'html' }],
  ['html for ever', { kind: 'html', times: inf }],
  ['truncated once', { kind: 'truncated' }],
  ['truncated for ever', { kind: 'truncated', times: inf }],
  ['wrong types', { kind: 'wrong_types', times: inf }],
  ['missing list', { kind: 'missing_list', times: inf }],
  ['cursor loop', { kind: 'cursor_loop', times: inf }],
  ['empty', { kind: 'empty', times: inf }],
];
const only = process.env.ONLY;
const out = process.env.OUT ?? '/tmp/explore.txt';
const norm = (l: string) => l.replace(/ \d{4}-\d\d-\d\dT[\d:.]+Z /, ' ');
for (const [name, fault] of KINDS) {
  if (only && !new RegExp(only).test(name)) continue;
  test(name, { timeout: 600_000 }, async () => {
    const warehouse = await openWarehouse({ seed: 5, size: { customersPerMember: 25 } });
    const { sim, url } = warehouse;
    const oracle = new Oracle();
    const r = await warehouse.run();
    let before: Observation = { at: r.startedAt, tables: oracle.observe(sim.company) };
    let known = (await history(url)).map((e) => norm(e.line));
    for (const path of PATHS) {
      sim.nextDay();
      sim.faults.inject({ ...fault, path });
      const t = Date.now();
      const bad = await warehouse.run({ timeoutMs: 300 } as object);
      const dt = Date.now() - t;
      sim.faults.clear();
      const after = (await history(url)).map((e) => norm(e.line));
      const now: Observation = { at: 'X', tables: oracle.observe(sim.company) };
      const legit = endings(before, now).map((l) => l.replace(' X ', ' '));
      const count = (xs: string[]) => {
        const m = new Map<string, number>();
        for (const x of xs) m.set(x, (m.get(x) ?? 0) + 1);
        return m;
      };
      const k = count(known),
        a = count(after),
        l = count(legit);
      const wrong: string[] = [];
      for (const [x, n] of a) if (n - (k.get(x) ?? 0) > (l.get(x) ?? 0)) wrong.push(x);
      const good = await warehouse.run();
      const diff = await compare(url, now.tables);
      const h2 = count((await history(url)).map((e) => norm(e.line)));
      const miss: string[] = [];
      for (const x of new Set([...h2.keys(), ...l.keys()]))
        if ((h2.get(x) ?? 0) - (k.get(x) ?? 0) !== (l.get(x) ?? 0))
          miss.push(`${x} new ${(h2.get(x) ?? 0) - (k.get(x) ?? 0)} legit ${l.get(x) ?? 0}`);
      const st = bad.streams
        .filter((s) => s.status !== 'succeeded')
        .map((s) => `${s.stream}=${s.status}[${s.error?.code} ${s.error?.message.slice(0, 170)}]`);
      appendFileSync(
        out,
        `${name} | ${path} | ${bad.status} | ${st.join('; ')} | wrong ${wrong.length} ${wrong.slice(0, 3)} | heal ${good.status} ${good.streams.filter((s) => s.status !== 'succeeded').map((s) => s.stream + '=' + s.status + s.error?.message)} | diff ${diff.length} ${diff.slice(0, 3)} | hist ${miss.length} ${miss.slice(0, 3)} | ${dt}ms ${sim.now().toISOString()} ${sim.violations.length} ${sim.violations.slice(-1)}\n`,
      );
      before = now;
      known = (await history(url)).map((e) => norm(e.line));
    }
    await warehouse.close();
  });
}
