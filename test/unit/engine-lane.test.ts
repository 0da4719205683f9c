import { describe, expect, test } from 'vitest';
import { Lane } from '../../src/engine/lane.ts';

interface Numbers {
  readonly list: number[];
}

/** Opens when it is told to. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** A lane of batches of `size`, whose writes wait for their gates. */
function laneOf(size: number, write: (batch: Numbers) => Promise<void>) {
  const made: Numbers[] = [];
  const lane = new Lane<Numbers>({
    create: () => {
      const batch = { list: [] };
      made.push(batch);
      return batch;
    },
    full: (batch) => batch.list.length >= size,
    empty: (batch) => batch.list.length === 0,
    write,
  });
  return { lane, made };
}

const settled = async () => {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
};

describe('Lane', () => {
  test('writes batches one after another, in the order in which they were filled', async () => {
    const log: string[] = [];
    const { lane } = laneOf(2, async ({ list }) => {
      log.push(`begin ${list}`);
      await new Promise((resolve) => setTimeout(resolve, list[0] === 1 ? 20 : 0));
      log.push(`end ${list}`);
    });
    for (const n of [1, 2, 3, 4, 5]) await lane.add((batch) => batch.list.push(n));
    await lane.flush();
    expect(log).toEqual(['begin 1,2', 'end 1,2', 'begin 3,4', 'end 3,4', 'begin 5', 'end 5']);
  });

  test('fills the next batch while one is being written, and then waits', async () => {
    const first = gate();
    const { lane } = laneOf(2, ({ list }) => (list[0] === 1 ? first.opened : Promise.resolve()));
    for (const n of [1, 2, 3]) await lane.add((batch) => batch.list.push(n));
    let added = false;
    const fourth = lane
      .add((batch) => batch.list.push(4))
      .then(() => {
        added = true;
      });
    await settled();
    expect(added).toBe(false);
    first.open();
    await fourth;
    expect(added).toBe(true);
  });

  test('invariant 12: at most two batches hold rows, however many readers add to them', async () => {
    const first = gate();
    const { lane, made } = laneOf(2, ({ list }) => (list[0] === 0 ? first.opened : Promise.resolve()));
    const readers = Array.from({ length: 8 }, async (_, reader) => {
      for (let i = 0; i < 4; i += 1) await lane.add((batch) => batch.list.push(reader * 4 + i));
    });
    await settled();
    expect(made.filter(({ list }) => list.length > 0)).toHaveLength(2);
    expect(Math.max(...made.map(({ list }) => list.length))).toBe(2);
    first.open();
    await Promise.all(readers);
    await lane.flush();
    expect(made.flatMap(({ list }) => list).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 32 }, (_, i) => i),
    );
  });

  test('invariant 1: after a failed write nothing more is written, and everybody hears of it', async () => {
    const second = gate();
    const written: number[][] = [];
    const { lane } = laneOf(1, async ({ list }) => {
      if (list[0] === 2) {
        await second.opened;
        throw new Error('disk full');
      }
      written.push([...list]);
    });
    await lane.add((batch) => batch.list.push(1));
    await lane.add((batch) => batch.list.push(2));
    const queued = lane.add((batch) => batch.list.push(3)); // waits behind the write that fails
    second.open();
    await expect(queued).rejects.toThrow('disk full');
    await expect(lane.add((batch) => batch.list.push(4))).rejects.toThrow('disk full');
    await expect(lane.flush()).rejects.toThrow('disk full');
    expect(written).toEqual([[1]]);
  });

  test('a flush of nothing writes nothing', async () => {
    const { lane } = laneOf(1, () => Promise.reject(new Error('must not be called')));
    await lane.flush();
  });
});
