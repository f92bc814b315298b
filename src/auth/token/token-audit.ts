import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { BusinessUnits } from '../../business-units';
import { GatewayError } from '../../platform/errors';
import { Log } from '../../platform/logging';
import { Metrics } from '../../platform/metrics';
import type { UserCaller } from '../caller';
import { REASONS, TokenRefused } from './token-refused';

const REALM = 'kyc-gateway';
const PRINTABLE_KEY_ID = /^[\w.:=+/-]{1,64}$/;

/** The Bearer challenge (RFC 6750 §3): without `error` when no token was sent. */
export function bearerChallenge(reason?: string): string {
  const why = reason === undefined ? '' : `, error="invalid_token", error_description="${reason}"`;
  return `Bearer realm="${REALM}"${why}`;
}

/** What becomes known of a judged token: an answer to the caller, a metric, and for refusals a log line. Never the token itself. */
@Injectable()
export class TokenAudit {
  readonly #total;
  readonly #repeated;
  readonly #verified;
  readonly #seconds;

  constructor(
    private readonly log: Log,
    metrics: Metrics,
    units: BusinessUnits,
  ) {
    this.#total = metrics.counter({
      name: 'jwt_validation_total',
      help: 'Access tokens judged, by result, reason and business unit',
      labels: ['result', 'reason', 'bu'],
    });
    // Looked up by their labels once, not at each request.
    const accepted = (reason: string) =>
      new Map(units.all.map(({ id: bu }) => [bu, this.#total.labels({ result: 'accepted', reason, bu })]));
    this.#repeated = accepted('seen_before');
    this.#verified = accepted('verified');
    this.#seconds = metrics.histogram({
      name: 'jwt_validation_duration_seconds',
      help: 'Time to verify a token that was not seen before',
      buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.1, 1, 5],
    });
  }

  repeated(caller: UserCaller): UserCaller {
    this.#repeated.get(caller.businessUnit)?.inc();
    return caller;
  }

  verified(caller: UserCaller, milliseconds: number): UserCaller {
    this.#verified.get(caller.businessUnit)?.inc();
    this.#seconds.observe(milliseconds / 1000);
    return caller;
  }

  /** Runs a judgement; what it throws becomes the answer to the caller. */
  on(
    request: FastifyRequest,
    judge: () => UserCaller | Promise<UserCaller>,
  ): UserCaller | Promise<UserCaller> {
    const accept = (caller: UserCaller): UserCaller => {
      request.tokenUnit = caller.businessUnit;
      return caller;
    };
    const refuse = (error: unknown): never => {
      throw this.#answerTo(error, request);
    };
    try {
      const judged = judge();
      return judged instanceof Promise ? judged.then(accept, refuse) : accept(judged);
    } catch (error) {
      return refuse(error);
    }
  }

  #answerTo(error: unknown, request: FastifyRequest): unknown {
    if (error instanceof TokenRefused) return this.#refuse(error, request);
    const reason = error instanceof GatewayError ? error.code : 'internal_error';
    this.#total.inc({ result: 'not_judged', reason, bu: '' });
    return error;
  }

  #refuse({ reason, keyId = '' }: TokenRefused, request: FastifyRequest): GatewayError {
    this.#total.inc({ result: 'refused', reason, bu: '' });
    this.log.warn('access token refused', {
      requestId: request.id,
      reason,
      keyId: keyId === '' || PRINTABLE_KEY_ID.test(keyId) ? keyId : 'not printable',
    });
    return new GatewayError(401, 'invalid_token', `The access token was refused: ${REASONS[reason]}.`, {
      headers: { 'www-authenticate': bearerChallenge(reason) },
    });
  }
}
