import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Transaction } from '../database';
import { GatewayError } from '../errors';
import type { Kept } from './idempotency-store';

declare module 'fastify' {
  interface FastifyRequest {
    /** Absent where the request has no `Idempotency-Key`. */
    attempt?: Attempt;
  }
}

/** A request with the same key has not come to an end yet. */
export function stillRunning(): GatewayError {
  const detail = 'The first request with this key is still running.';
  return new GatewayError(409, 'idempotency_in_progress', detail, { retryAfterSeconds: 1 });
}

/** One try to do what a creating route does: what becomes of the answer it is about to give. */
export class Attempt {
  /** Whether the route did what it declared. */
  kept = false;

  /**
   * @param save keeps the answer with the request's key, and says whether this try still holds it; without a key there is nothing to
   *   keep
   */
  constructor(
    private readonly reply: FastifyReply,
    private readonly save?: (tx: Transaction, answer: Kept) => Promise<boolean>,
  ) {}

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
    if (this.save === undefined) return;
    const answer = { status: this.reply.statusCode, headers, body };
    if (!(await this.save(tx, { about: submissionId, until, answer }))) throw stillRunning();
    this.kept = true;
  }
}

/** The {@link Attempt} of a route that is `@Idempotent()`. */
export const CurrentAttempt = createParamDecorator((_: unknown, execution: ExecutionContext): Attempt => {
  const http = execution.switchToHttp();
  return http.getRequest<FastifyRequest>().attempt ?? new Attempt(http.getResponse<FastifyReply>());
});
