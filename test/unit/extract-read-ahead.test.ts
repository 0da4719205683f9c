import { expect, test } from 'vitest';
import { readAhead } from '../../extractors/read-ahead.ts';

const numbers = Array.from({ length: 30 }, (_, i) => i);

test('gives all answers in the order of the items', async () => {
  const read = async (n: number) => {
    for (let i = 0; i < 30 - n; i++) await Promise.resolve();
    return n;
  };
  const got: number[] = [];
  for await (const n of readAhead(numbers, read)) got.push(n);
  expect(got).toEqual(numbers);
});

test('starts no more than six beyond what was taken', async () => {
  let started = 0;
  let taken = 0;
  let most = 0;
  const read = async (n: number) => {
    started += 1;
    most = Math.max(most, started - taken);
    return n;
  };
  for await (const _ of readAhead(numbers, read)) taken += 1;
  expect(taken).toBe(30);
  expect(most).toBeGreaterThan(4);
  expect(most).toBeLessThanOrEqual(7);
});

test('throws what the first one in order throws; the failures of others behind it do no harm', async () => {
  const read = async (n: number) => {
    if (n >= 2) throw new Error(`item ${n}`);
    return n;
  };
  const got: number[] = [];
  await expect(async () => {
    for await (const n of readAhead(numbers, read)) got.push(n);
  }).rejects.toThrow('item 2');
  expect(got).toEqual([0, 1]);
});
