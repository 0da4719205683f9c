/**
 * Control of a running simulator over HTTP, for processes that cannot call it directly. All answers are JSON.
 *
 *   GET    /_sim/state        corpId, secrets, clock, calls per path, highest number in flight, violations count
 *   GET    /_sim/violations   the list of violations
 *   GET    /_sim/requests     the log of calls
 *   GET    /_sim/truth        what a correct client should have received (long for big companies; ?part=relations for one part)
 *   POST   /_sim/next-day     the clock moves 24 h and the changes of the day happen
 *   POST   /_sim/faults       {"path", "kind", "nth"?, "times"?, "every"?, "match"?}: see faults.ts; kind is a name, {"errcode": n} or {"slowMs": n}
 *   DELETE /_sim/faults       no faults any more
 *   POST   /_sim/access       {"do": "expire_tokens" | "invalidate_tokens" | "expire_cursors" | "distrust_ip" | "trust_ip"}
 *                             or {"do": "revoke" | "grant", "area": "directory" | "customer" | "approval" | "checkin"}
 *                             or {"do": "visible_range", "departments"?: [n], "users"?: [userid], "tags"?: [n]}: what agent/get says
 *   POST   /_sim/latency      {"ms": n}: every answer takes that long
 *
 * for example: curl -X POST localhost:8899/_sim/faults -d '{"path": "*", "kind": {"errcode": -1}, "times": 3}'
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { jsonText } from './answer.ts';
import { readBody, type State } from './server.ts';

const faultSchema = z.object({
  path: z.string(),
  kind: z.union([
    z.enum([
      'reset',
      'hang',
      'html',
      'truncated',
      'wrong_types',
      'missing_list',
      'cursor_loop',
      'empty',
      'short_list',
    ]),
    z.object({ errcode: z.int(), errmsg: z.string().optional(), blockSeconds: z.number().optional() }),
    z.object({ slowMs: z.number() }),
  ]),
  nth: z.int().min(1).optional(),
  times: z.int().min(1).optional(),
  every: z.int().min(1).optional(),
  match: z.record(z.string(), z.unknown()).optional(),
});

const accessSchema = z.union([
  z.object({
    do: z.enum(['expire_tokens', 'invalidate_tokens', 'expire_cursors', 'distrust_ip', 'trust_ip']),
  }),
  z.object({
    do: z.enum(['revoke', 'grant']),
    area: z.enum(['directory', 'skeleton', 'roster', 'customer', 'approval', 'checkin']),
  }),
  z.object({
    do: z.literal('visible_range'),
    departments: z.array(z.int()).default([]),
    users: z.array(z.string()).default([]),
    tags: z.array(z.int()).default([]),
  }),
]);

const latencySchema = z.object({ ms: z.number().min(0) });

export async function control(
  state: State,
  nextDay: () => void,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator');
  const text = await readBody(request);
  try {
    const body: unknown = text === '' ? {} : JSON.parse(text);
    const answer = act(state, nextDay, `${request.method} ${url.pathname}`, body, url.searchParams);
    reply(
      response,
      answer === undefined ? 404 : 200,
      answer ?? { error: 'no such control: see src/simulator/http/control.ts' },
    );
  } catch (error) {
    reply(response, 400, { error: error instanceof Error ? error.message : String(error) });
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(jsonText(body));
}

function act(
  state: State,
  nextDay: () => void,
  what: string,
  body: unknown,
  query: URLSearchParams,
): unknown {
  const actions: Record<string, () => unknown> = {
    'GET /_sim/state': () => summary(state),
    'GET /_sim/violations': () => state.violations,
    'GET /_sim/requests': () => state.requests,
    'GET /_sim/truth': () => part(state, query.get('part')),
    'POST /_sim/next-day': () => {
      nextDay();
      return summary(state);
    },
    'POST /_sim/faults': () => {
      state.faults.inject(faultSchema.parse(body));
      return { ok: true };
    },
    'DELETE /_sim/faults': () => {
      state.faults.clear();
      return { ok: true };
    },
    'POST /_sim/access': () => changeAccess(state, accessSchema.parse(body)),
    'POST /_sim/latency': () => {
      state.latencyMs = latencySchema.parse(body).ms;
      return { ok: true };
    },
  };
  return actions[what]?.();
}

function changeAccess({ access, walks }: State, change: z.infer<typeof accessSchema>): unknown {
  if (change.do === 'revoke') access.revoke(change.area);
  if (change.do === 'grant') access.grant(change.area);
  if (change.do === 'expire_tokens') access.expireTokens();
  if (change.do === 'invalidate_tokens') access.invalidateTokens();
  if (change.do === 'expire_cursors') walks.expireCursors();
  if (change.do === 'distrust_ip') access.trustedIp = false;
  if (change.do === 'visible_range') access.visibleRange = change;
  if (change.do === 'trust_ip') access.trustedIp = true;
  return { ok: true };
}

function part({ company }: State, name: string | null): unknown {
  const truth = company.truth();
  return name === null ? truth : Object.entries(truth).find(([key]) => key === name)?.[1];
}

function summary(state: State): unknown {
  const calls: Record<string, number> = {};
  for (const { path } of state.requests) calls[path] = (calls[path] ?? 0) + 1;
  return {
    corpId: state.access.corpId,
    secrets: state.access.secrets,
    now: state.now(),
    calls,
    peaks: Object.fromEntries(state.quota.peaks),
    tokensIssued: state.access.tokensIssued,
    wrongSecrets: state.access.wrongAttempts,
    violations: state.violations.length,
  };
}
