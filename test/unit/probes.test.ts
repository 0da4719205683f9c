import { describe, expect, onTestFinished, test } from 'vitest';
import { catalogue } from '../../extractors/index.ts';
import { shanghaiDay } from '../../src/days.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import { createClient, SecretBook, WecomError } from '../../src/wecom/index.ts';

const TODAY = '2026-11-20';

describe('probes of check', () => {
  test('every endpoint of every stream is asked, in order', () => {
    for (const { name, endpoints, probes } of catalogue)
      expect(
        probes.map((probe) => probe.call('id', TODAY).path),
        name,
      ).toEqual(endpoints);
  });

  test('WeCom answers all of them, and each finds what later ones need', async () => {
    const simulator = await startSimulator({ quotas: false });
    const client = createClient({
      corpId: simulator.corpId,
      secrets: new SecretBook({ app: simulator.secret }),
      baseUrl: simulator.url,
    });
    onTestFinished(async () => {
      await client.close();
      await simulator.close();
    });
    const known = new Map<string, string | null>();
    for (const { name, area, probes } of catalogue)
      for (const { needs, call, finds } of probes) {
        const id = needs === undefined ? '' : known.get(needs);
        expect(id, `${name} needs ${needs}`).toBeTypeOf('string');
        const request = { ...call(id ?? '', shanghaiDay(Date.now())), area };
        const answer = await client.call(request).catch((error: unknown) => {
          // The first member of the list may have no customer.
          if (error instanceof WecomError && error.errcode === 84061) return {};
          throw error;
        });
        for (const [what, found] of Object.entries(finds?.(answer) ?? {})) known.set(what, found);
      }
    expect(simulator.violations).toEqual([]);
  });

  test('an answer that shows nothing finds nothing', () => {
    for (const { name, probes } of catalogue)
      for (const { finds } of probes)
        expect(Object.values(finds?.({ errcode: 0 }) ?? {}).filter(Boolean), name).toEqual([]);
  });
});
