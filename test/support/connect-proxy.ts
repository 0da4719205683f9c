import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/**
 * For qyapi.weixin.test and 127.0.0.1, signed by itself, until 2126; its key protects nothing. Made by: openssl req -x509
 * -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj '/CN=wecom-warehouse tests'
 * -addext 'subjectAltName=DNS:qyapi.weixin.test,IP:127.0.0.1' -keyout key.pem -out certificate.pem
 */
export const CERTIFICATE = fileURLToPath(new URL('./tls/certificate.pem', import.meta.url));
/** A name that no resolver knows: only the proxy can lead there. */
export const HOST = 'qyapi.weixin.test';

const identity = () => ({
  cert: readFileSync(CERTIFICATE),
  key: readFileSync(new URL('./tls/key.pem', import.meta.url)),
});

/** TLS in front of a plain server: what it decrypts goes to the port. */
export function startTls(port: number): Promise<number> {
  return listen(createTlsServer(identity(), (socket) => join(socket, connect(port, '127.0.0.1'))));
}

export interface ConnectProxy {
  readonly url: string;
  /** Of each request: method, target and headers, as they were received. */
  readonly heads: string[];
  /** All that clients have sent through the tunnels, as Latin-1 text. */
  sent(): string;
}

/** A proxy that knows CONNECT only, and leads every name to one port. */
export async function startConnectProxy(
  port: number,
  { protocol = 'http', credentials }: { protocol?: 'http' | 'https'; credentials?: string } = {},
): Promise<ConnectProxy> {
  const heads: string[] = [];
  const sent: Buffer[] = [];
  const server = protocol === 'http' ? createHttpServer() : createHttpsServer(identity());
  server.on('request', (request, response) => {
    heads.push(`${request.method} ${request.url} ${request.rawHeaders.join(' ')}`);
    response.writeHead(405).end();
  });
  server.on('connect', (request, client: Socket) => {
    heads.push(`CONNECT ${request.url} ${request.rawHeaders.join(' ')}`);
    const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    client.on('data', (bytes: Buffer) => sent.push(bytes));
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    join(client, connect(port, '127.0.0.1'));
  });
  return {
    url: `${protocol}://127.0.0.1:${await listen(server)}`,
    heads,
    sent: () => Buffer.concat(sent).toString('latin1'),
  };
}

function join(a: Socket, b: Socket): void {
  a.pipe(b).pipe(a);
  a.on('error', () => b.destroy());
  b.on('error', () => a.destroy());
}

/** The port; the server and its connections end with the test. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}
