import type { IncomingMessage } from 'node:http';
import { TextDecoder } from 'node:util';
import type { FastifyRequest } from 'fastify';
import { GatewayError, invalidRequest } from '../errors';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const read = new WeakMap<FastifyRequest, Promise<Buffer>>();
const DEEPEST = 20;

/**
 * The request's raw bytes, read once and kept: whoever checks a signature and whoever parses see the same bytes.
 * Fastify hands the stream through untouched (see adapter.ts), so that access is judged before size and type.
 */
export function readBody(request: FastifyRequest, limitBytes: number): Promise<Buffer> {
  const known = read.get(request);
  if (known !== undefined) return known;
  const reading = collect(request, limitBytes);
  read.set(request, reading);
  return reading;
}

async function collect(request: FastifyRequest, limitBytes: number): Promise<Buffer> {
  const announced = request.headers['content-length'];
  if (Number(announced ?? 0) > limitBytes) throw tooLarge(limitBytes);
  // Node's parser lets nobody send more than was announced.
  if (announced !== undefined && !request.raw.destroyed) return announcedBody(request.raw);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request.raw as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limitBytes) throw tooLarge(limitBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof GatewayError ? error : brokenOff();
  }
  return Buffer.concat(chunks, size);
}

/** As the loop over the stream does, at a fraction of its cost. */
function announcedBody(raw: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    raw.on('data', (chunk: Buffer) => chunks.push(chunk));
    raw.once('end', () => resolve(Buffer.concat(chunks)));
    raw.once('error', () => reject(brokenOff()));
    raw.once('close', () => {
      if (!raw.complete) reject(brokenOff());
    });
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

/** Whether a content type names JSON in UTF-8 (RFC 8259: no other charset is allowed). */
export function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType);
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
