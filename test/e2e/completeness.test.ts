import { expect, onTestFinished, test } from 'vitest';
import { startSimulator } from '../../src/simulator/index.ts';
import { command } from '../oracle/command.ts';
import { compare } from '../oracle/compare.ts';
import { Oracle } from '../oracle/expected.ts';
import { migrated } from '../oracle/warehouse.ts';
import { createTestDatabase } from '../support/database.ts';

test('invariant 6: rows that total counts and no page brings: exit 3, named by sync and status, healed by the next run', async () => {
  const sim = await startSimulator({
    quotas: false,
    size: { approvals: 12 },
    traps: { shortPages: true },
  });
  const database = await createTestDatabase(migrated);
  onTestFinished(async () => {
    await sim.close();
    await database.drop();
  });
  const warehouse = { sim, url: database.url };
  sim.faults.inject({ path: 'externalcontact/groupchat/statistic', kind: 'short_list', nth: 2, times: 2 });
  const short = await command(warehouse, ['sync']);
  expect(short.code, short.stderr).toBe(3);
  expect(short.stdout).toMatch(/group_chat_owner_daily partial: .*announced \d+ group owners with figures/);
  expect(short.stdout).toMatch(/Missing: 2 of \d+ group owners with figures\.\n +→ Run sync again/);
  const status = await command(warehouse, ['status']);
  expect(status.stdout).toMatch(/ended partial; missing: 2 of \d+ group owners with figures\./);
  const healthy = await command(warehouse, ['sync']);
  expect(healthy.code, healthy.stderr).toBe(0);
  expect(healthy.stdout).not.toMatch(/missing/i);
  expect((await command(warehouse, ['status'])).stdout).not.toMatch(/missing: /);
  expect(await compare(warehouse.url, new Oracle().observe(sim.company))).toEqual([]);
});
