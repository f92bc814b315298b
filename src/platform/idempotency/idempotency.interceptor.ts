import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { catchError, from, map, mergeMap, type Observable, of, throwError } from 'rxjs';
import { GatewayError, invalidField, unprocessable } from '../errors';
import { begin, KeyedAttempt, stillRunning } from './attempt';
import { IdempotencyStore, type SavedResponse } from './idempotency-store';
import { IdempotencyScope } from './idempotency-scope';
import { validatedBody } from './validated-body';

const HEADER = 'idempotency-key';
const MAX_KEY_LENGTH = 255;

/** Gives the first answer again to a request that is repeated with its `Idempotency-Key` (contract §2 and §6, "Wire"). */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly answers: IdempotencyStore,
    private readonly scope: IdempotencyScope,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const key = request.headers[HEADER];
    if (key === undefined) return next.handle();
    if (typeof key !== 'string' || key.length < 1 || key.length > MAX_KEY_LENGTH)
      throw invalidField('Idempotency-Key', `must have 1 to ${MAX_KEY_LENGTH} characters`);
    const [path = ''] = request.url.split('?');
    const use = { ...this.scope.ownerOf(request), route: `${request.method} ${path}`, key };
    const claimed = await this.answers.claim(use, await validatedBody(context));
    const reply = http.getResponse<FastifyReply>();
    switch (claimed.kind) {
      case 'mine': {
        const attempt = new KeyedAttempt(this.answers, use, claimed.claim, reply);
        begin(request, attempt);
        return run(attempt, next);
      }
      case 'answered':
        return of(repeat(reply, claimed.answer));
      case 'reused':
        throw unprocessable('idempotency_key_reused', 'This Idempotency-Key was used for another request.');
      case 'erased':
        throw new GatewayError(
          410,
          'answer_erased',
          'The person was erased, and the first answer with them.',
        );
      case 'running':
        throw stillRunning();
    }
  }
}

/** A refusal or failure is not kept: the caller may put it right and try again with the same key. */
function run(attempt: KeyedAttempt, next: CallHandler): Observable<unknown> {
  return next.handle().pipe(
    map((body: unknown) => {
      if (!attempt.kept) throw new Error('an idempotent route keeps its answer with what it does');
      return body;
    }),
    catchError((error: unknown) =>
      // Where even that fails, the key is free after a minute.
      from(attempt.free().catch(() => undefined)).pipe(mergeMap(() => throwError(() => error))),
    ),
  );
}

function repeat(reply: FastifyReply, { status, headers, body }: SavedResponse): unknown {
  void reply.code(status).headers(headers).header('idempotency-hit', 'true');
  return JSON.parse(body) as unknown;
}
