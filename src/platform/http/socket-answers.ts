import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { GatewayError, renderError, titleOf } from '../errors';

/** So long a client that is refused without a request may take to read why its connection ends. */
const LINGER_MS = 1_000;

const ended = new WeakSet<Socket>();

/** Answers where there is no request to route, only a socket, and ends it. */
export function answerOnSocket(socket: Socket, error: GatewayError): void {
  // What comes behind the bytes that could not be parsed cannot be parsed either.
  if (ended.has(socket)) return;
  ended.add(socket);
  const requestId = randomUUID();
  const answer = renderError(error, 'problem', requestId);
  const body = JSON.stringify(answer.body);
  const headers = {
    ...answer.headers,
    'Content-Type': answer.contentType,
    'Content-Length': String(Buffer.byteLength(body)),
    'X-Request-Id': requestId,
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${answer.status} ${titleOf(answer.status)}\r\n${lines.join('')}\r\n${body}`);
  // Ended is only half closed, and Node looks at each connection's time-outs once: the other half may never come.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** What Node's HTTP parser gave up on. */
export function unparsable(code: string | undefined): GatewayError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new GatewayError(431, 'invalid_request', 'The address and the headers are too large.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new GatewayError(408, 'invalid_request', 'The request took too long to arrive.');
  return new GatewayError(400, 'invalid_request', 'The request cannot be read.');
}

/** Node would cut the connection of a client that takes us for a proxy (CONNECT), without a word. */
export function refuseTunnels(server: Server): void {
  server.on('connect', (_request, socket: Socket) => {
    answerOnSocket(
      socket,
      new GatewayError(405, 'method_not_allowed', 'This is no proxy.', { headers: { Allow: '' } }),
    );
  });
}
