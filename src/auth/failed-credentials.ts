import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GatewayError } from '../platform/errors';
import { addressGroup, clientAddress, noteForLog, type Refusal } from '../platform/http';
import { type Limit, Limits } from '../platform/limits';
import { Log } from '../platform/logging';
import { Metrics } from '../platform/metrics';

const FAILURES_ALLOWED = 20;
const WINDOW_SECONDS = 60;

/** A credential that did not hold. */
interface Failure {
  /** Fixed words: they become metric labels. */
  readonly credential: string;
  readonly reason: string;
  /** What the caller is told as long as their address did not fail too often. */
  readonly answer: GatewayError;
}

/** How the limit reads in the OpenAPI document, for every route with a credential that can be guessed. */
export const TOO_MANY_FAILURES: Refusal = [
  429,
  'rate_limited',
  'too many wrong credentials from one address within a minute',
];

/**
 * Refuses wrong credentials, and slows guessing down: after 20 failures within a minute, counted over all processes and
 * kinds of credential, an IPv4 address or an IPv6 /64 is told 429 instead (contract §7.2). It is asked only after a credential was
 * found wrong, so that right ones pass at any time and cost no look into the database.
 */
@Injectable()
export class FailedCredentials {
  readonly #limit: Limit;
  readonly #total;

  constructor(
    limits: Limits,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.#limit = limits.forStrangers({
      name: 'failed-credentials',
      times: FAILURES_ALLOWED,
      seconds: WINDOW_SECONDS,
      refusal: 'Too many wrong credentials from this address.',
    });
    this.#total = metrics.counter({
      name: 'credentials_refused_total',
      help: 'Credentials that did not hold, by kind, reason and whether the address had failed too often',
      labels: ['credential', 'reason', 'outcome'],
    });
  }

  /** The refusal to throw: the failure's own answer, or 429. */
  async refusal(request: FastifyRequest, failure: Failure): Promise<GatewayError> {
    try {
      await this.#limit.take(addressGroup(clientAddress(request)));
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#note(request, failure, 'limited');
      return error;
    }
    return this.uncounted(request, failure);
  }

  /** As {@link refusal}, for what is no guess. */
  uncounted(request: FastifyRequest, failure: Failure): GatewayError {
    this.#note(request, failure, 'refused');
    const { credential, reason } = failure;
    this.log.warn('credentials refused', {
      requestId: request.id,
      credential,
      reason,
      address: clientAddress(request),
    });
    return failure.answer;
  }

  #note(request: FastifyRequest, { credential, reason }: Failure, outcome: 'refused' | 'limited'): void {
    this.#total.inc({ credential, reason, outcome });
    noteForLog(request, { reason, address: clientAddress(request) });
  }
}
