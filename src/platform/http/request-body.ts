import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError, invalidRequest } from '../errors';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const read = new WeakMap<FastifyRequest, Promise<Buffer>>();
const DEEPEST = 20;
/** At most so many bytes are read of a body whose request was answered already. */
const MAX_DROPPED_BYTES = 16 * 1024 * 1024;

/** How many bytes a request's body has (RFC 9112 §6); Infinity where the request does not say it. */
export function bodyBytes({ headers }: IncomingMessage): number {
  return headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Infinity;
}

/**
 * The request's raw bytes, read once and kept: the check of a signature and the parser see the same bytes.
 * Fastify hands the stream through untouched (see adapter.ts), so that access is judged before size and type.
 */
export function readBody(request: FastifyRequest, limitBytes: number): Promise<Buffer> {
  const known = read.get(request);
  if (known !== undefined) return known;
  const reading = collect(request, limitBytes);
  read.set(request, reading);
  return reading;
}

function collect({ raw }: FastifyRequest, limitBytes: number): Promise<Buffer> {
  if (Number(raw.headers['content-length'] ?? 0) > limitBytes) return Promise.reject(tooLarge(limitBytes));
  if (raw.destroyed) return Promise.reject(brokenOff());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const keep = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= limitBytes) return;
      raw.off('data', keep);
      chunks.length = 0;
      reject(tooLarge(limitBytes));
    };
    raw.on('data', keep);
    raw.once('end', () => resolve(Buffer.concat(chunks)));
    raw.once('error', () => reject(brokenOff()));
    raw.once('close', () => {
      if (!raw.complete) reject(brokenOff());
    });
  });
}

/**
 * An answer may be given before its request has arrived completely, be it a refusal or a success that wants no body. The rest is read
 * and dropped: bytes that nobody reads would make the kernel reset the connection, and the client lose the answer (RFC 9112 §9.6).
 * The connection stays usable, unless more may come than is read or it ends with the answer anyway. Node closes it as soon as such
 * an answer ends, so the answer, which has its length, ends only when the rest has arrived (nginx calls that a lingering close).
 * @returns what to send instead of `payload`
 */
export function answerEarly({ raw }: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  if (bodyBytes(raw) === 0 || raw.complete || raw.destroyed) return payload;
  const dropped = dropRest(raw);
  if (bodyBytes(raw) > MAX_DROPPED_BYTES) reply.header('connection', 'close');
  const isLast = !reply.raw.shouldKeepAlive || reply.getHeader('connection') === 'close';
  if (!isLast || (typeof payload !== 'string' && !Buffer.isBuffer(payload))) return payload;
  reply.header('content-length', Buffer.byteLength(payload));
  return Readable.from(
    (async function* () {
      yield payload;
      await dropped;
    })(),
    { objectMode: false },
  );
}

/** Resolves when all has arrived, the client is gone, or it has sent too much. Node's time for a whole request holds on. */
function dropRest(raw: IncomingMessage): Promise<void> {
  // A parser that waits for `readable` would keep the bytes.
  raw.removeAllListeners('readable');
  return new Promise((resolve) => {
    let bytes = 0;
    raw.on('data', ({ length }: Buffer) => {
      bytes += length;
      if (bytes > MAX_DROPPED_BYTES) resolve();
    });
    raw.once('close', resolve);
    raw.resume();
  });
}

/** The connection's end, which is the sender's doing: whatever Node calls it, it says nothing about us. */
function brokenOff(): GatewayError {
  return invalidRequest('The request was not sent to its end.');
}

/** The documented refusal of a body above `limitBytes`. */
export function tooLarge(limitBytes: number): GatewayError {
  return new GatewayError(413, 'payload_too_large', `The body may have at most ${limitBytes} bytes here.`);
}

/**
 * Whether a content type names JSON in UTF-8 (RFC 8259 §8.1: no other charset is allowed). Parameters mean nothing to JSON
 * (§11), and are taken as clients send them: `charset=utf8`, one that is empty, or others.
 */
export function isJson(contentType: string | undefined): boolean {
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const isUtf8 = (parameter: string): boolean =>
    !/^charset\s*=/.test(parameter) || /^charset\s*=\s*("?)utf-?8\1$/.test(parameter);
  return type === 'application/json' && parameters.every(isUtf8);
}

/** Parses JSON strictly: UTF-8, at most 20 levels deep, no key that could reach a prototype. */
export function parseJson(bytes: Buffer): unknown {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    throw invalidRequest('The body is not valid JSON.');
  }
  refuseHostile(value, 0);
  return value;
}

function refuseHostile(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth >= DEEPEST) throw invalidRequest(`The body is nested more than ${DEEPEST} levels deep.`);
  for (const [key, inner] of Object.entries(value)) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype')
      throw invalidRequest('The body has a key that is not allowed.');
    refuseHostile(inner, depth + 1);
  }
}
