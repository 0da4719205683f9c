/** The pages of `serve`. Read only, no secrets, GET and HEAD only. */
import { createServer, type Server, type ServerResponse } from 'node:http';

export interface Page {
  readonly type: 'text/html' | 'text/plain' | 'text/plain; version=0.0.4';
  readonly body: string;
  readonly status?: number;
}

/** What each path answers. An error becomes a 503 that does not tell its text: `onError` logs it. */
export type Pages = Readonly<Record<string, () => Promise<Page>>>;

export function createPageServer(pages: Pages, onError: (path: string, error: unknown) => void): Server {
  return createServer((request, response) => {
    const path = (request.url ?? '/').replace(/\?.*$/s, '');
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (request.method !== 'GET' && request.method !== 'HEAD')
      send(response, { type: 'text/plain', body: 'Only GET.\n', status: 405 });
    else if (!page) send(response, { type: 'text/plain', body: 'There is no such page.\n', status: 404 });
    else
      page().then(
        (ready) => send(response, ready),
        (error: unknown) => {
          onError(path, error);
          send(response, { type: 'text/plain', body: 'Not available; see the log.\n', status: 503 });
        },
      );
  });
}

function send(response: ServerResponse, { type, body, status = 200 }: Page): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
