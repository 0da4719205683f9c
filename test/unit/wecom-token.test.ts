import { expect, test } from 'vitest';
import { TokenKeeper } from '../../src/wecom/token.ts';
import { VirtualClock } from './wecom-support.ts';

/** A keeper whose nth fetch gives `t-<n>`, with a life of as many seconds as `lives` says. */
function keeperOf(clock: VirtualClock, ...lives: number[]) {
  let fetched = 0;
  const keeper = new TokenKeeper(async () => {
    fetched += 1;
    return { token: `t-${fetched}`, expiresInSeconds: lives[fetched - 1] ?? 7200 };
  }, clock);
  return { keeper, fetches: () => fetched };
}

test('a call that is refused late, with a token that was replaced meanwhile, renews nothing', async () => {
  const { keeper, fetches } = keeperOf(new VirtualClock());
  const token = await keeper.get();
  keeper.refused(token);
  expect(await keeper.get()).toBe('t-2');
  keeper.refused(token);
  expect(await keeper.get()).toBe('t-2');
  expect(fetches()).toBe(2);
});

test('a failed fetch is not kept: the next call tries again', async () => {
  let fetched = 0;
  const keeper = new TokenKeeper(async () => {
    fetched += 1;
    if (fetched === 1) throw new Error('busy');
    return { token: 'late', expiresInSeconds: 7200 };
  }, new VirtualClock());
  await expect(keeper.get()).rejects.toThrow('busy');
  expect(await keeper.get()).toBe('late');
});

test('a remainder of 0 seconds does not make every call fetch a token', async () => {
  const clock = new VirtualClock();
  const { keeper, fetches } = keeperOf(clock, 0);
  await keeper.get();
  await keeper.get();
  expect(fetches()).toBe(1);
  clock.advance(1000);
  expect(await keeper.get()).toBe('t-2');
});
