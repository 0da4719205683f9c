import { afterEach, describe, expect, test } from 'vitest';
import { TRAP_NAMES, type TrapChoice } from '../../src/simulator/index.ts';
import { compare } from '../oracle/compare.ts';
import { Oracle } from '../oracle/expected.ts';
import { openWarehouse, type Warehouse } from '../oracle/warehouse.ts';

/** After one run every table equals the source, whatever the source does (issue 2). */

const open: Warehouse[] = [];
afterEach(async () => {
  for (const warehouse of open.splice(0)) await warehouse.close();
});

const choices: [string, TrapChoice][] = [
  ['no trap', 'none'],
  ['all traps', 'all'],
  ...TRAP_NAMES.map((name): [string, TrapChoice] => [`trap ${name}`, { [name]: true }]),
];

test('before 06:00 the figures of yesterday are not ready: late statistics', async () => {
  const warehouse = await openWarehouse({ traps: 'all' }, Date.parse('2026-06-16T18:30:00Z'));
  open.push(warehouse);
  const oracle = new Oracle();
  for (let day = 0; day < 3; day++) {
    const result = await warehouse.run();
    expect(result.status).toBe('succeeded');
    expect(await compare(warehouse.url, oracle.observe(warehouse.sim.company))).toEqual([]);
    warehouse.sim.nextDay();
  }
});

describe('one run makes the tables equal the source', () => {
  test.each(choices)('%s', async (_name, traps) => {
    const warehouse = await openWarehouse({ traps });
    open.push(warehouse);
    const result = await warehouse.run();
    const problems = result.streams.filter((one) => one.status !== 'succeeded');
    expect(problems).toEqual([]);
    expect(result.status).toBe('succeeded');
    expect(await compare(warehouse.url, new Oracle().observe(warehouse.sim.company))).toEqual([]);
    expect(warehouse.sim.violations).toEqual([]);
  });
});
