import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Header,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum';
import { ApiHeader } from '@nestjs/swagger';
import canonicalize from 'canonicalize';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { catchError, type Observable, of, tap } from 'rxjs';
import { GatewayError, invalidField, unprocessable } from '../errors';
import { inputType, RequestValidationPipe, Refuses } from '../http';
import { Attempt, stillRunning } from './attempt';
import { IdempotencyScope, IdempotencyStore } from './idempotency-store';

const HEADER = 'idempotency-key';
const MAX_KEY_LENGTH = 255;
const validation = new RequestValidationPipe();

const REFUSALS = {
  running: stillRunning,
  reused: () => unprocessable('idempotency_key_reused', 'This Idempotency-Key was used for another request.'),
  erased: () =>
    new GatewayError(410, 'answer_erased', 'The person was erased, and the first answer with them.'),
};

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
    const { answers } = this;
    const claimed = await answers.claim(use, await validatedBody(context));
    const reply = http.getResponse<FastifyReply>();
    if (claimed.kind === 'answered') {
      const { status, headers, body } = claimed.answer;
      void reply.code(status).headers(headers).header('idempotency-hit', 'true');
      return of(body);
    }
    if (claimed.kind !== 'mine') throw REFUSALS[claimed.kind]();
    const { claim } = claimed;
    const attempt = new Attempt(reply, (tx, answer) => answers.saveResponse(tx, use, claim, answer));
    request.attempt = attempt;
    return next.handle().pipe(
      tap(() => {
        if (!attempt.kept) throw new Error('an idempotent route keeps its answer with what it does');
      }),
      // A refusal or failure is not kept: the caller may put it right and try again with the same key. Where even that fails, the
      // key is free after a minute.
      catchError(async (error: unknown) => {
        await answers.free(use, claim).catch(() => undefined);
        throw error;
      }),
    );
  }
}

/**
 * The body as its route will see it, in the RFC 8785 form: two spellings of one phone number are the same request.
 * @throws GatewayError 400 when the route will refuse it
 */
async function validatedBody(context: ExecutionContext): Promise<string> {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const metatype = inputType(context, RouteParamtypes.BODY);
  const body: unknown =
    metatype === undefined ? {} : await validation.transform(request.body, { type: 'body', metatype });
  return String(canonicalize(JSON.parse(JSON.stringify(body))));
}

/**
 * Lets callers repeat a creating request safely with an `Idempotency-Key`. The handler takes `@CurrentAttempt()` and keeps its
 * answer in the transaction that does the work. Stands above the route's own `@Refuses(...)`.
 */
export const Idempotent = (): MethodDecorator =>
  applyDecorators(
    UseInterceptors(IdempotencyInterceptor),
    Header('cache-control', 'no-store'),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      schema: { type: 'string', maxLength: 255 },
      description:
        'Best a random UUID. The same key and body give the first answer again, with `Idempotency-Hit: true`, for 24 hours.',
    }),
    Refuses(
      [
        409,
        'idempotency_in_progress',
        'the first request with this key still runs; retry after `Retry-After` seconds',
      ],
      [410, 'answer_erased', 'the key was used for a person who was erased since, and the answer with them'],
      [422, 'idempotency_key_reused', 'the key was used for another body'],
    ),
  );
