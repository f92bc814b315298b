import { type ArgumentsHost, Catch, type ExceptionFilter, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorShape, isDatabaseAway, renderError, toGatewayError } from '../errors';
import { Log } from '../logging';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set with `@RouteConfig({ errorShape })` where a partner prescribes another error body than RFC 9457. */
    errorShape?: ErrorShape;
  }
}

/** The one way out for failures: every route answers in the documented shape, surprises without detail. */
@Injectable()
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Also called for failures that never reached Nest (malformed URL, aborted request). */
  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = toGatewayError(thrown);
    if (error.status >= 500) {
      const fields = { requestId: request.id, code: error.code, route: request.routeOptions?.url };
      if (isDatabaseAway(error.cause))
        this.log.warn('the database cannot be reached', { ...fields, reason: wordsOf(error.cause) });
      else if (error.code === 'internal_error')
        this.log.error('unexpected error', fields, error.cause ?? error);
      else this.log.warn(error.message, { ...fields, cause: textOf(error.cause) });
    }
    if (reply.sent || reply.raw.headersSent) return;
    const answer = renderError(error, errorShape(request), request.id);
    void reply
      .code(answer.status)
      .headers(answer.headers)
      .header('content-type', answer.contentType)
      .send(answer.body);
  }
}

/** What the driver or PostgreSQL says of a connection, which names nobody. */
function wordsOf(cause: unknown): string | undefined {
  return cause instanceof Error ? cause.message : undefined;
}

/** Why a partner's call failed. */
function textOf(cause: unknown): string | undefined {
  return typeof cause === 'string' ? cause : undefined;
}

function errorShape(request: FastifyRequest): ErrorShape {
  return request.routeOptions?.config.errorShape ?? 'problem';
}
