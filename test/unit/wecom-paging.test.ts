import { describe, expect, test } from 'vitest';
import { errcodeError } from '../../src/wecom/errors.ts';
import { halve, halvePages } from '../../src/wecom/halve.ts';
import { type JsonObject, parseAnswer } from '../../src/wecom/json.ts';
import { type Page, walkCursor, walkOffset, walkUnassigned } from '../../src/wecom/paging.ts';
import { failure } from './wecom-support.ts';

/** Answers in turn, a number being an errcode; `sent` holds what was asked. */
function serverOf(...answers: (JsonObject | number)[]) {
  const sent: unknown[] = [];
  const queue = [...answers];
  return {
    sent,
    call: async ({ path, body }: { path: string; body?: unknown }): Promise<JsonObject> => {
      sent.push(body);
      const answer = queue.shift();
      if (answer === undefined) throw new Error('A request after the last page.');
      if (typeof answer === 'number') throw errcodeError(path, answer, '');
      return answer;
    },
    request: (position: unknown) => ({ path: 'x', area: 'customer' as const, body: position }),
  };
}

async function rowsOf(pages: AsyncIterable<Page>): Promise<unknown[]> {
  const rows = [];
  for await (const { answer } of pages) rows.push(answer.rows ?? answer.info);
  return rows;
}

describe('walkCursor', () => {
  test.each([
    [''],
    [null],
    [undefined],
  ])('ends when the cursor is %j, and not on an empty page', async (end) => {
    const last: JsonObject = end === undefined ? { rows: 3 } : { rows: 3, next_cursor: end };
    const server = serverOf({ rows: 1, next_cursor: 'a' }, { rows: [], next_cursor: 'b' }, last);
    expect(await rowsOf(walkCursor(server))).toEqual([1, [], 3]);
    expect(server.sent).toEqual([undefined, 'a', 'b']);
  });

  test('passes numeric and 19-digit cursors back unchanged, and heeds another end signal', async () => {
    const big = parseAnswer('{"next_cursor":6907340000000000001,"endflag":0}').answer;
    const server = serverOf({ next_cursor: 34, endflag: 0 }, big, { next_cursor: 99, endflag: 1 });
    const cursorOf = (answer: JsonObject) => (answer.endflag === 1 ? undefined : answer.next_cursor);
    await rowsOf(walkCursor({ ...server, cursorOf }));
    expect(JSON.stringify(server.sent)).toBe('[null,34,6907340000000000001]');
  });

  test('the same cursor twice is an error, and is not sent again', async () => {
    const server = serverOf({ next_cursor: 'a' }, { next_cursor: 'b' }, { next_cursor: 'a' });
    expect(await failure(rowsOf(walkCursor(server)))).toMatchObject({
      code: 'WECOM_CURSOR_LOOP',
      endpoint: 'x',
    });
    expect(server.sent).toEqual([undefined, 'a', 'b']);
  });

  test('50100 starts again at the first page, at most three times, and the pages tell', async () => {
    const server = serverOf({ next_cursor: 'a' }, 50100, { next_cursor: 'b' }, { next_cursor: '' });
    const restarts = [];
    for await (const page of walkCursor(server)) restarts.push(page.restarts);
    expect(restarts).toEqual([0, 1, 1]);
    expect(server.sent).toEqual([undefined, 'a', undefined, 'b']);

    const stubborn = serverOf(...['a', 'b', 'c', 'd'].flatMap((next_cursor) => [{ next_cursor }, 50100]));
    expect(await failure(rowsOf(walkCursor(stubborn)))).toMatchObject({ errcode: 50100 });
    expect(stubborn.sent.length).toBe(8);
  });

  test("50100 on the first page is no cursor problem, and other errors are the caller's", async () => {
    for (const errcode of [50100, 60111]) {
      const server = serverOf(errcode);
      expect(await failure(rowsOf(walkCursor(server)))).toMatchObject({ errcode });
    }
  });

  test('ends with an alarm at the page cap', async () => {
    const server = serverOf(...['a', 'b', 'c', 'd'].map((next_cursor) => ({ next_cursor })));
    expect(await failure(rowsOf(walkCursor({ ...server, pageCap: 3 })))).toMatchObject({
      code: 'WECOM_PAGE_CAP',
    });
    expect(server.sent.length).toBe(3);
  });
});

describe('walkOffset', () => {
  test('goes on by next_offset until it reaches total, also when they are text', async () => {
    const server = serverOf({ rows: 1, total: '3', next_offset: '2' }, { rows: 2, total: 3, next_offset: 3 });
    expect(await rowsOf(walkOffset(server))).toEqual([1, 2]);
    expect(server.sent).toEqual([0, 2]);
  });

  test('total 0 is an empty set', async () => {
    expect(await rowsOf(walkOffset(serverOf({ rows: [], total: 0 })))).toEqual([[]]);
  });

  test.each([
    [{ total: 5, next_offset: 0 }, 'WECOM_CURSOR_LOOP'],
    [{ total: 5 }, 'WECOM_MALFORMED'],
    [{ next_offset: 5 }, 'WECOM_MALFORMED'],
  ])('%j is an error', async (answer, code) => {
    expect(await failure(rowsOf(walkOffset(serverOf(answer))))).toMatchObject({ code });
  });
});

describe('walkUnassigned', () => {
  const page = (id: number) => ({ info: [{ external_userid: `wm${id}` }] });

  test('goes by cursor and ends at is_last or at an empty cursor, whichever comes first', async () => {
    const byLast = serverOf(
      { ...page(1), is_last: false, next_cursor: 'a' },
      { ...page(2), is_last: true, next_cursor: 'b' },
    );
    expect(await rowsOf(walkUnassigned(byLast))).toHaveLength(2);
    const byCursor = serverOf(
      { ...page(1), is_last: false, next_cursor: 'a' },
      { ...page(2), is_last: false, next_cursor: '' },
    );
    expect(await rowsOf(walkUnassigned(byCursor))).toHaveLength(2);
    expect(byCursor.sent).toEqual([undefined, { cursor: 'a' }]);
  });

  test('an empty page with a cursor is not the end', async () => {
    const server = serverOf({ info: [], is_last: false, next_cursor: 'a' }, { ...page(1), is_last: true });
    expect(await rowsOf(walkUnassigned(server))).toHaveLength(2);
  });

  test('without a cursor it goes on by page_id', async () => {
    const server = serverOf(
      { ...page(1), is_last: false },
      { ...page(2), is_last: false },
      { ...page(3), is_last: true },
    );
    expect(await rowsOf(walkUnassigned(server))).toHaveLength(3);
    expect(server.sent).toEqual([undefined, { pageId: 1 }, { pageId: 2 }]);
  });

  test('an answer with nothing in it is the end', async () => {
    expect(await rowsOf(walkUnassigned(serverOf({ errcode: 0 })))).toHaveLength(1);
  });

  test('the same page twice means that page_id is not heeded', async () => {
    const server = serverOf({ ...page(1), is_last: false }, { ...page(1), is_last: false });
    expect(await failure(rowsOf(walkUnassigned(server)))).toMatchObject({ code: 'WECOM_CURSOR_LOOP' });
  });

  test('more than 50,000 rows cannot be had by page_id, which is said and not hidden', async () => {
    const server = serverOf(...Array.from({ length: 60 }, (_, id) => ({ ...page(id), is_last: false })));
    expect(await failure(rowsOf(walkUnassigned(server)))).toMatchObject({ code: 'WECOM_PAGE_CAP' });
    expect(server.sent.at(-1)).toEqual({ pageId: 49 });
  });
});

describe('halving', () => {
  test('an error that is no skip is passed on', async () => {
    const run = async () => {
      for await (const _ of halve(['a', 'b'], async () => Promise.reject(errcodeError('x', 48002, ''))))
        break;
    };
    expect(await failure(run())).toMatchObject({ errcode: 48002 });
  });

  test('halvePages gives the pages of each good block, and says which blocks came to their end', async () => {
    const events: unknown[] = [];
    async function* pagesOf(block: readonly string[]) {
      yield 1;
      if (block.includes('bad')) throw errcodeError('x', 60111, '');
      yield 2;
    }
    for await (const event of halvePages(['a', 'bad', 'c'], pagesOf)) {
      events.push('skipped' in event ? event.skipped : 'page' in event ? event.page : event.ids.join());
    }
    expect(events).toEqual([1, 1, 1, 2, 'a', 1, 'bad', 1, 2, 'c']);
  });
});
