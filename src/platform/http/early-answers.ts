import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Connections } from './connections';

/** A rest of at most so many bytes is read and dropped, and the connection stays usable. */
const MAX_DROPPED_BYTES = 1024 * 1024;
/** What nginx calls lingering_time, lingering_timeout: so long a refused client may go on sending, and be silent meanwhile. */
const LINGER_MS = 30_000;
const LINGER_SILENT_MS = 5_000;
const MAX_LINGER_BYTES = 16 * 1024 * 1024;

/**
 * An answer may be given before its request has arrived completely, be it a refusal or a success that wants no body. A short rest
 * is dropped. Otherwise the answer says `Connection: close`, and the connection is closed only when the client has sent its rest
 * or given up: bytes that nobody reads would make the kernel reset the connection, and the client lose the answer (RFC 9112 §9.6).
 */
export function earlyAnswer(
  connections: Connections,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): unknown {
  if (connections.isClosing) reply.header('connection', 'close');
  if (!isArriving(request.raw)) return payload;
  connections.markRefused(request.raw.socket);
  if (announcedBytes(request.raw) <= MAX_DROPPED_BYTES) {
    drop(request.raw);
    return payload;
  }
  reply.header('connection', 'close');
  return lingering(request, reply, payload);
}

/** Whether a request has a body (RFC 9112 §6). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function isArriving(raw: IncomingMessage): boolean {
  return hasBody(raw) && !raw.complete && !raw.destroyed;
}

/** Infinity where the request does not say how long its body is. */
export function announcedBytes({ headers }: IncomingMessage): number {
  return Number(headers['content-length'] ?? Number.POSITIVE_INFINITY);
}

/** Lets the bytes flow, also where a parser was reading them: listeners for `readable` would keep them. */
function drop(raw: IncomingMessage): void {
  if (raw.listenerCount('readable') > 0) raw.removeAllListeners('readable');
  raw.on('data', () => undefined);
  raw.resume();
}

/** The answer with its length, and behind it nothing for as long as the client is sending. */
function lingering(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) {
    drop(request.raw);
    return payload;
  }
  const bytes = Buffer.from(payload as string);
  reply.header('content-length', bytes.length);
  return Readable.from(
    (async function* (): AsyncGenerator<Buffer> {
      if (request.method !== 'HEAD') yield bytes;
      await arrived(request.raw);
    })(),
    { objectMode: false },
  );
}

/** Resolves when the request is complete, broken off, or has taken too long. */
function arrived(raw: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    const finish = (): void => {
      clearTimeout(late);
      clearTimeout(silent);
      resolve();
    };
    const late = setTimeout(finish, LINGER_MS);
    const silent = setTimeout(finish, LINGER_SILENT_MS);
    raw.once('end', finish);
    raw.once('close', finish);
    raw.on('data', (chunk: Buffer) => {
      silent.refresh();
      bytes += chunk.length;
      if (bytes > MAX_LINGER_BYTES) finish();
    });
    drop(raw);
    if (raw.complete || raw.destroyed) finish();
  });
}
