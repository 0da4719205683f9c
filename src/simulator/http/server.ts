/** The HTTP side: reads a call, lets faults and limits have their say, asks the endpoint, answers and keeps the log. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Company } from '../company.ts';
import { GETTOKEN } from '../endpoints/auth.ts';
import { ENDPOINTS } from '../endpoints/index.ts';
import { hash } from '../random.ts';
import type { Row } from '../world/odd.ts';
import type { Access } from './access.ts';
import { ApiError, failure, jsonText, success } from './answer.ts';
import type { Call, Endpoint } from './call.ts';
import { cursorOf, type FaultKind, type Faults, spoil } from './faults.ts';
import type { Walks } from './paging.ts';
import type { Quota } from './quota.ts';

/** One answered call, without secrets and tokens. */
export interface LoggedRequest {
  path: string;
  method: string;
  query: Record<string, string>;
  body: Row;
  /** the simulator's clock */
  at: Date;
  /** undefined when no JSON was answered */
  errcode: number | undefined;
  fault?: FaultKind;
}

/** Everything that the server works on. */
export interface State {
  company: Company;
  access: Access;
  walks: Walks;
  quota: Quota;
  faults: Faults;
  requests: LoggedRequest[];
  violations: string[];
  latencyMs: number;
  now(): Date;
  control(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

const PREFIX = '/cgi-bin/';
const ALLOWED_IN_FLIGHT = 4;
const LOG_LENGTH = 100_000;

export function createSimulatorServer(state: State): Server {
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    const work = url.startsWith('/_sim/')
      ? state.control(request, response)
      : answer(state, request, response);
    work.catch((error: unknown) => {
      if (response.headersSent || response.destroyed) return;
      response.writeHead(500, { 'content-type': 'text/plain; charset=UTF-8' });
      response.end(
        `The simulator itself has failed: ${error instanceof Error ? error.stack : String(error)}`,
      );
    });
  });
  server.keepAliveTimeout = 30_000;
  return server;
}

/** A request as read from the wire. */
interface Incoming {
  path: string;
  method: string;
  query: URLSearchParams;
  body: Row;
  /** what is wrong with the body, if anything */
  bodyFault?: string;
  ip: string;
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function read(request: IncomingMessage): Promise<Incoming> {
  const url = new URL(request.url ?? '/', 'http://simulator');
  const method = request.method ?? 'GET';
  const ip = (request.socket.remoteAddress ?? '').replace('::ffff:', '');
  const incoming = { path: url.pathname.slice(PREFIX.length), method, query: url.searchParams, ip };
  const text = await readBody(request);
  if (method === 'GET' || text === '') return { ...incoming, body: {} };
  if (/\\u[0-9a-f]{4}/i.test(text))
    return { ...incoming, body: {}, bodyFault: 'the body has \\u escapes (40033)' };
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      return { ...incoming, body: { ...body } };
  } catch {
    // Not JSON: answered below like any other body that is no object.
  }
  return { ...incoming, body: {}, bodyFault: 'the body is no JSON object' };
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://simulator').pathname.slice(PREFIX.length);
  const inFlight = state.quota.begin(path);
  if (inFlight > ALLOWED_IN_FLIGHT) state.violations.push(`${path}: ${inFlight} calls in flight`);
  let open = true;
  const end = () => {
    if (open) state.quota.end(path);
    open = false;
  };
  response.on('close', end);
  const incoming = await read(request);
  const parameters = { ...Object.fromEntries(incoming.query), ...incoming.body };
  const fault = state.faults.next(path, parameters);
  const wait = state.latencyMs + (typeof fault === 'object' && 'slowMs' in fault ? fault.slowMs : 0);
  if (wait > 0) await sleep(wait);
  if (response.destroyed) return;
  const reply = respond(state, incoming, fault, parameters);
  log(state, incoming, reply.errcode, fault);
  const cursor = cursorOf(parameters);
  const spoiled = fault === 'truncated' || fault === 'wrong_types' || fault === 'missing_list';
  response.on('close', () => state.walks.settle(cursor, response.writableFinished && !spoiled));
  if (spoiled) state.walks.settle(cursor, false);
  if (fault !== 'hang') end();
  send(request, response, reply, fault);
}

interface Reply {
  errcode: number | undefined;
  body: Row;
}

/** The body that is answered; faults without a body are handled by `send`. */
function respond(state: State, incoming: Incoming, fault: FaultKind | undefined, parameters: Row): Reply {
  const endpoint = ENDPOINTS.get(incoming.path);
  const emptied = endpoint?.emptied ?? {};
  if (fault === 'reset' || fault === 'hang' || fault === 'html') return { errcode: undefined, body: {} };
  try {
    if (typeof fault === 'object' && 'errcode' in fault)
      return failed(state, incoming, injected(state, incoming.path, fault), emptied);
    const body = fault === 'empty' ? {} : handle(state, incoming, endpoint);
    if (typeof fault === 'object' && 'change' in fault) return { errcode: 0, body: fault.change(body) };
    const spoilt =
      typeof fault === 'string' && fault !== 'truncated' ? spoil(fault, body, emptied, parameters) : body;
    return { errcode: 0, body: spoilt };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return failed(state, incoming, error, emptied);
  }
}

function injected(state: State, path: string, fault: Extract<FaultKind, { errcode: number }>): ApiError {
  if (fault.errcode === 45009) state.quota.block(path, state.now().getTime() / 1000, fault.blockSeconds);
  return new ApiError(fault.errcode, fault.errmsg);
}

function failed(state: State, incoming: Incoming, error: ApiError, emptied: Row): Reply {
  const hint = `${Math.floor(state.now().getTime() / 1000)}${String(hash('hint', state.requests.length)).padStart(15, '1')}`;
  return { errcode: error.errcode, body: failure(error, hint, incoming.ip, emptied) };
}

function handle(state: State, incoming: Incoming, endpoint: Endpoint | undefined): Row {
  const { path, query, body } = incoming;
  const violation = (text: string) => {
    state.violations.push(text);
  };
  const now = state.now().getTime() / 1000;
  if (path === GETTOKEN) return gettoken(state, incoming, violation);
  if (endpoint === undefined) {
    violation(`${path}: no such API`);
    throw new ApiError(48005, 'api not found');
  }
  if ('access_token' in body) violation(`${path}: a token in the body`);
  if (query.get('debug') === '1') violation(`${path}: debug=1`);
  const secretName = state.access.check(query.get('access_token') ?? '', endpoint.area);
  state.quota.check(path, endpoint.perMinute, now);
  if (incoming.method !== endpoint.method) {
    violation(`${path}: ${incoming.method} on a ${endpoint.method} endpoint`);
    throw new ApiError(40058);
  }
  if (incoming.bodyFault !== undefined) {
    violation(`${path}: ${incoming.bodyFault}`);
    throw incoming.bodyFault.includes('40033')
      ? new ApiError(40033, 'illegal characters')
      : new ApiError(40058, 'Warning: wrong json format. invalid request parameter');
  }
  const { company, access, walks } = state;
  const call: Call = {
    path,
    query,
    body,
    company,
    access,
    walks,
    secretName,
    now: Math.floor(now),
    violation,
  };
  const extra = company.traps.unknownKeys ? { sim_new_top_key: 1 } : {};
  return success({ ...endpoint.handle(call), ...extra });
}

function gettoken(state: State, { query, method }: Incoming, violation: (text: string) => void): Row {
  if (method !== 'GET') {
    violation('gettoken: not a GET');
    throw new ApiError(40058);
  }
  const [corpId, secret] = [query.get('corpid') ?? '', query.get('corpsecret') ?? ''];
  if (corpId === '') throw new ApiError(41002);
  if (secret === '') throw new ApiError(41004);
  return success({ access_token: state.access.issue(corpId, secret, violation), expires_in: 7200 });
}

function log(
  state: State,
  incoming: Incoming,
  errcode: number | undefined,
  fault: FaultKind | undefined,
): void {
  const query = Object.fromEntries(incoming.query);
  for (const secret of ['access_token', 'corpsecret']) delete query[secret];
  const { path, method, body } = incoming;
  state.requests.push({
    path,
    method,
    query,
    body,
    at: state.now(),
    errcode,
    ...(fault === undefined ? {} : { fault }),
  });
  if (state.requests.length > LOG_LENGTH) state.requests.splice(0, LOG_LENGTH / 10);
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  fault: FaultKind | undefined,
): void {
  if (fault === 'hang') return;
  if (fault === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  if (fault === 'html') {
    response.writeHead(502, { 'content-type': 'text/html' });
    response.end('<html><body><h1>502 Bad Gateway</h1></body></html>');
    return;
  }
  const json = jsonText(reply.body);
  const headers = {
    'content-type': 'application/json; charset=UTF-8',
    'error-code': String(reply.errcode),
    'error-msg': errorHeader(reply),
  };
  response.writeHead(200, headers);
  response.end(fault === 'truncated' ? json.slice(0, Math.floor(json.length / 2)) : json);
}

/** Headers are Latin-1. */
function errorHeader({ body }: Reply): string {
  return String(body.errmsg ?? 'ok').replace(/[^\x20-\x7e]/g, '?');
}
