import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errcodeError, WecomError } from '../../src/wecom/errors.ts';
import { halve } from '../../src/wecom/halve.ts';
import type { JsonObject } from '../../src/wecom/json.ts';
import { walkCursor } from '../../src/wecom/paging.ts';
import type { WecomRequest } from '../../src/wecom/types.ts';

type Answer = { cursor: string | number; rows: number[] } | 'invalid';

/** A server that answers in the given order, whatever it is asked, and remembers the cursors it was sent. */
function serverOf(answers: Answer[]) {
  const sent: unknown[] = [];
  let served = 0;
  return {
    sent,
    async call(request: WecomRequest): Promise<JsonObject> {
      const { cursor } = request.body as { cursor?: unknown };
      sent.push(cursor);
      const answer = answers[served++] ?? { cursor: '', rows: [] };
      if (answer === 'invalid') throw errcodeError(request.path, 50100, 'invalid cursor');
      return { errcode: 0, next_cursor: answer.cursor, rows: answer.rows };
    },
  };
}

const request = (cursor: unknown): WecomRequest => ({
  path: 'externalcontact/groupchat/list',
  area: 'customer',
  body: cursor === undefined ? {} : { cursor },
});

describe('walkCursor', () => {
  test('never sends a cursor twice, ends at an empty cursor only, and restarts at most three times', async () => {
    const answer = fc.oneof(
      { weight: 1, arbitrary: fc.constant('invalid' as const) },
      {
        weight: 4,
        arbitrary: fc.record({
          cursor: fc.oneof(fc.constantFrom('', 'a', 'b', 'c', 7), fc.uuid()),
          rows: fc.array(fc.nat(), { maxLength: 2 }),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { maxLength: 40, size: 'max' }), async (answers) => {
        const server = serverOf(answers);
        const rows: unknown[] = [];
        const end = await (async () => {
          for await (const page of walkCursor({ call: server.call, request })) rows.push(page.answer.rows);
        })().then(
          () => 'ended',
          (error: unknown) => (error instanceof WecomError ? (error.errcode ?? error.code) : error),
        );

        const cursors = server.sent.filter((cursor) => cursor !== undefined);
        expect(new Set(cursors).size).toBe(cursors.length);
        const served = answers.slice(0, server.sent.length);
        expect(rows).toEqual(
          [...served, ...(server.sent.length > answers.length ? [{ rows: [] }] : [])].flatMap((one) =>
            one === 'invalid' ? [] : [one.rows],
          ),
        );
        const last = answers[server.sent.length - 1];
        if (end === 'ended')
          expect(last === undefined || (last !== 'invalid' && last.cursor === '')).toBe(true);
        else expect(['WECOM_CURSOR_LOOP', 50100]).toContain(end);
        expect(server.sent.filter((cursor) => cursor === undefined).length).toBeLessThanOrEqual(4);
      }),
      { numRuns: 500 },
    );
  });
});

describe('halve', () => {
  test('finds exactly the bad ids and gives a result for exactly the others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.uuid(), { maxLength: 100, size: 'max' }),
        fc.func(fc.boolean()),
        async (ids, isBad) => {
          const bad = ids.filter((id) => isBad(id));
          const good: string[] = [];
          const skipped: string[] = [];
          const attempt = async (block: readonly string[]) => {
            if (block.some((id) => bad.includes(id))) throw errcodeError('x', 301021, 'bad userid');
            return [...block];
          };
          for await (const event of halve(ids, attempt)) {
            if ('skipped' in event) skipped.push(event.skipped);
            else good.push(...event.result);
          }
          expect(skipped).toEqual(bad);
          expect(good).toEqual(ids.filter((id) => !bad.includes(id)));
        },
      ),
      { numRuns: 200 },
    );
  });
});
