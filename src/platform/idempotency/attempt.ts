import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Transaction } from '../database';
import { GatewayError } from '../errors';
import type { IdempotencyStore, KeyUse } from './idempotency-store';

const RETRY_AFTER_SECONDS = 1;

/** A request with the same key has not come to an end yet. */
export function stillRunning(): GatewayError {
  return new GatewayError(
    409,
    'idempotency_in_progress',
    'The first request with this key is still running.',
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

/** A key that this try holds. */
interface HeldKey {
  readonly answers: IdempotencyStore;
  readonly use: KeyUse;
  readonly claim: string;
}

/** One try to do what a creating route does: what becomes of the answer it is about to give. */
export class Attempt {
  #kept = false;

  /** @param held the key the request came with; without one there is nothing to keep */
  constructor(
    private readonly reply: FastifyReply,
    private readonly held?: HeldKey,
  ) {}

  /** Whether the route did what it declared. */
  get kept(): boolean {
    return this.#kept;
  }

  /**
   * Keeps the answer for repeats, in the transaction that does the work: so nothing is done twice because an answer was lost. With the
   * commit the answer gets its headers.
   * @param submissionId what the answer is about
   * @param until when the answer is worth nothing any more: then it is not kept any longer, and the key is free
   * @throws GatewayError 409 when a later try took the key over; the transaction must fail then
   */
  async saveResponse(
    tx: Transaction,
    submissionId: string,
    body: object,
    headers: Readonly<Record<string, string>>,
    until?: Date,
  ): Promise<void> {
    tx.afterCommit(() => void this.reply.headers(headers));
    if (this.held === undefined) return;
    const { answers, use, claim } = this.held;
    const answer = { status: this.reply.statusCode, headers, body: JSON.stringify(body) };
    if (!(await answers.saveResponse(tx, use, claim, { about: submissionId, until, answer })))
      throw stillRunning();
    this.#kept = true;
  }
}

const attempts = new WeakMap<FastifyRequest, Attempt>();

/** Lets the route's handler find its attempt. */
export function begin(request: FastifyRequest, attempt: Attempt): Attempt {
  attempts.set(request, attempt);
  return attempt;
}

/** The {@link Attempt} of a route that is `@Idempotent()`. */
export const CurrentAttempt = createParamDecorator(
  (_: unknown, execution: ExecutionContext): Attempt =>
    attempts.get(execution.switchToHttp().getRequest<FastifyRequest>()) ??
    new Attempt(execution.switchToHttp().getResponse<FastifyReply>()),
);
