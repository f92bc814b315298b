import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Fields, Log } from '../logging';
import { BoundedMap } from '../memory';
import { Metrics } from '../metrics';
import type { Trace } from '../tracing';

/** A flood of connections must not become a flood of log lines. */
const TELL_EVERY_MS = 10_000;
const TELL_OF_ADDRESS_EVERY_MS = 60_000;
const ADDRESSES_REMEMBERED = 1_000;
const QUIET = new Set(['/health/live', '/health/ready', '/metrics']);

declare module 'fastify' {
  interface FastifyRequest {
    /** Absent where the framework itself refused the request. */
    trace?: Trace;
  }
}

/** Adds fields to the request's log lines: who called, with which credential. */
export function noteForLog({ trace }: FastifyRequest, fields: Fields): void {
  trace?.note(fields);
}

/** One log line and one observation a request. The route's pattern is recorded, never the URL: URLs hold phone numbers. */
@Injectable()
export class HttpTraffic {
  readonly #seconds;
  readonly #refused;
  readonly #held;
  readonly #heldToldAt = new BoundedMap<number>(ADDRESSES_REMEMBERED);
  #refusedToldAt = -Infinity;

  constructor(
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.#seconds = metrics.histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the first byte of a request to the end of its answer',
      labels: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    });
    this.#refused = metrics.counter({
      name: 'http_connections_refused_total',
      help: 'Connections closed at once: one address had too many, or all together',
      labels: ['reason'],
    });
    this.#held = metrics.counter({
      name: 'http_answers_held_total',
      help: 'Answers held back because their address made too many requests without proof of identity',
    });
  }

  /** An address made too many requests without proof of identity. */
  answerHeld(address: string): void {
    this.#held.inc();
    const now = performance.now();
    if (now - (this.#heldToldAt.get(address) ?? -Infinity) < TELL_OF_ADDRESS_EVERY_MS) return;
    this.#heldToldAt.set(address, now);
    this.log.warn('answers held back', { address });
  }

  /** A connection that was one too many, of its address or in all. */
  connectionRefused(reason: 'address' | 'total', address: string): void {
    this.#refused.inc({ reason });
    const now = performance.now();
    if (now - this.#refusedToldAt < TELL_EVERY_MS) return;
    this.#refusedToldAt = now;
    this.log.warn('connections refused', { reason, address });
  }

  record(request: FastifyRequest, reply: FastifyReply): void {
    const route = request.routeOptions.url ?? 'unknown';
    const status = reply.statusCode;
    const milliseconds = reply.elapsedTime;
    this.#seconds.observe({ method: request.method, route, status }, milliseconds / 1000);
    if (QUIET.has(route) && status < 400) return;
    this.log.info('request', {
      requestId: request.id,
      method: request.method,
      route,
      status,
      ms: Math.round(milliseconds * 10) / 10,
      ...request.trace?.fields,
    });
  }
}
