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

/** What a creating route has to do with the answer it is about to give. */
export interface Attempt {
  /**
   * Keeps the answer for repeats, in the transaction that does the work: so nothing is done twice because an answer was lost.
   * @param submissionId what the answer is about
   * @param until when the answer is worth nothing any more: then it is not kept any longer, and the key is free
   * @throws GatewayError 409 when a later try took the key over; the transaction must fail then
   */
  saveResponse(
    tx: Transaction,
    submissionId: string,
    body: object,
    headers?: Readonly<Record<string, string>>,
    until?: Date,
  ): Promise<void>;
}

/** The try of a request that came without a key: there is nothing to keep. */
const WITHOUT_KEY: Attempt = { saveResponse: () => Promise.resolve() };

/** A request that holds its key. */
export class KeyedAttempt implements Attempt {
  #kept = false;

  constructor(
    private readonly answers: IdempotencyStore,
    private readonly use: KeyUse,
    private readonly claim: string,
    private readonly reply: FastifyReply,
  ) {}

  /** Whether the route did what it declared. */
  get kept(): boolean {
    return this.#kept;
  }

  async saveResponse(
    tx: Transaction,
    submissionId: string,
    body: object,
    headers: Readonly<Record<string, string>> = {},
    until?: Date,
  ): Promise<void> {
    const answer = { status: this.reply.statusCode, headers, body: JSON.stringify(body) };
    const kept = { about: submissionId, until, answer };
    if (!(await this.answers.saveResponse(tx, this.use, this.claim, kept))) throw stillRunning();
    this.#kept = true;
  }

  /** The key may be used again, unless the answer is kept. */
  async free(): Promise<void> {
    await this.answers.free(this.use, this.claim);
  }
}

const attempts = new WeakMap<FastifyRequest, Attempt>();

/** Lets the route's handler find its attempt. */
export function begin(request: FastifyRequest, attempt: Attempt): void {
  attempts.set(request, attempt);
}

/** The {@link Attempt} of a route that is `@Idempotent()`. */
export const CurrentAttempt = createParamDecorator(
  (_: unknown, execution: ExecutionContext): Attempt =>
    attempts.get(execution.switchToHttp().getRequest<FastifyRequest>()) ?? WITHOUT_KEY,
);
