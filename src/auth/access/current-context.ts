import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Deadline } from '../../platform/time';
import type { Caller, Context } from '../caller';

declare module 'fastify' {
  interface FastifyRequest {
    /** Until when an answer is of use; the access guard sets it. */
    deadline?: Deadline;
    /** Who makes the request, once proven. */
    caller?: Caller;
    /** The business unit of a token that holds; more may be asked of the person before there is a caller. */
    tokenUnit?: string;
  }
}

/** Until when an answer to a request is of use, on a route that is not public. */
export function deadlineOf({ deadline }: FastifyRequest): Deadline {
  if (deadline === undefined) throw new Error('a public route has no deadline');
  return deadline;
}

/** Who makes a request on a route that is not public; for guards and interceptors. Controllers take {@link Ctx}. */
export function contextOf(request: FastifyRequest): Context {
  const { id: requestId, caller } = request;
  if (caller === undefined) throw new Error('a public route has no caller');
  return { requestId, caller, deadline: deadlineOf(request) };
}

/** The {@link Context} of a route that is not public: `@Ctx() context: Context<UserCaller>`, matching the route's `@Access(...)`. */
export const Ctx = createParamDecorator((_: unknown, execution: ExecutionContext): Context =>
  contextOf(execution.switchToHttp().getRequest<FastifyRequest>()),
);
