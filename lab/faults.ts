import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** What a partner does instead of answering properly. The first matching fault of the queue is used up by a request. */
export interface Fault {
  /** What the request's path looks like or begins with (for SMTP: the command, `CONNECT`, `AUTH`, `MAIL`, `RCPT` or `DATA`); absent = any. */
  readonly path?: string | RegExp;
  /** HTTP method; absent = any. */
  readonly method?: string;
  /** How many requests it hits; default 1. */
  readonly times?: number;
  /** Waits first; with nothing else given the proper answer follows. */
  readonly delayMs?: number;
  /** Answers with this status (SMTP: reply code). */
  readonly status?: number;
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  /** SMTP: sent in place of the reply, as it is; no reply follows. */
  readonly line?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Cuts the connection with a TCP reset. */
  readonly reset?: boolean;
  /** Never answers; the connection stays open. */
  readonly hang?: boolean;
  /** HTTP: the head comes with `status`, else 200 or the proper one, and the connection breaks in the middle of the body. */
  readonly breakOff?: boolean;
  /** HTTP: the proper answer, as some servers dress it: a byte order mark in front, a content type that is odd. */
  readonly dressed?: boolean;
  /** The partner does its work first and spoils only the answer: the outcome the caller cannot know. */
  readonly afterWork?: boolean;
}

export class FaultQueue {
  #queue: { readonly fault: Fault; left: number }[] = [];

  /** Adds a fault behind those already waiting. */
  next(fault: Fault): void {
    this.#queue.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#queue = [];
  }

  /** How many requests the waiting faults would still hit. */
  get pending(): number {
    return this.#queue.reduce((sum, entry) => sum + entry.left, 0);
  }

  /** Uses up the first fault that matches. */
  take(path: string, method = ''): Fault | undefined {
    const entry = this.#queue.find(
      ({ fault }) =>
        (fault.path instanceof RegExp ? fault.path.test(path) : path.startsWith(fault.path ?? '')) &&
        (fault.method === undefined || fault.method === method),
    );
    if (entry === undefined) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.#queue = this.#queue.filter((other) => other !== entry);
    return entry.fault;
  }
}

/** Makes every route of a server obey the queue. */
export function attachFaults(app: FastifyInstance, faults: FaultQueue): void {
  const spoiledAnswers = new WeakMap<FastifyRequest, Fault>();

  app.addHook('onRequest', async (request, reply) => {
    const fault = faults.take(request.url, request.method);
    if (fault === undefined) return;
    if (fault.delayMs !== undefined) await sleep(fault.delayMs, undefined, { ref: false });
    if (fault.afterWork === true || fault.dressed === true) {
      spoiledAnswers.set(request, fault);
      return;
    }
    return answerWith(fault, request, reply);
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const fault = spoiledAnswers.get(request);
    if (fault === undefined) return payload;
    spoiledAnswers.delete(request);
    if (fault.hang === true) await new Promise(() => undefined);
    if (fault.reset === true) request.raw.socket.resetAndDestroy();
    if (fault.breakOff === true) {
      breakOff(fault, reply);
      await new Promise(() => undefined);
    }
    if (fault.dressed === true) {
      void reply
        .removeHeader('content-length')
        .header('content-type', 'text/json; charset=latin-1; profile="x y"');
      return `\ufeff\r\n${String(payload)}\r\n`;
    }
    if (fault.status === undefined) return payload;
    void reply
      .code(fault.status)
      .removeHeader('content-length')
      .headers(fault.headers ?? {});
    return asText(fault.body);
  });
}

function answerWith(fault: Fault, request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  if (fault.hang === true || fault.reset === true) {
    reply.hijack();
    if (fault.reset === true) request.raw.socket.resetAndDestroy();
    return reply;
  }
  if (fault.breakOff === true) {
    reply.hijack();
    breakOff(fault, reply);
    return reply;
  }
  if (fault.status === undefined) return undefined;
  const type = typeof fault.body === 'string' ? 'text/html; charset=utf-8' : 'application/json';
  return reply
    .code(fault.status)
    .header('content-type', type)
    .headers(fault.headers ?? {})
    .send(asText(fault.body));
}

function breakOff({ status }: Fault, { raw, statusCode }: FastifyReply): void {
  raw.writeHead(status ?? statusCode, { 'content-type': 'application/json', 'content-length': '1000' });
  raw.write('{"half', () => raw.destroy());
}

function asText(body: unknown): string {
  if (body === undefined) return '';
  return typeof body === 'string' ? body : JSON.stringify(body);
}
