import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Context } from '../caller';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes the request; {@link contextOf} reads it. */
    callerContext?: Context;
  }
}

/** Remembers who makes the request. */
export function enter(request: FastifyRequest, context: Context): void {
  request.callerContext = context;
}

/** Who makes a request on a route that is not public; for guards and interceptors. Controllers take {@link Ctx}. */
export function contextOf(request: FastifyRequest): Context {
  if (request.callerContext === undefined) throw new Error('a public route has no caller');
  return request.callerContext;
}

/** The {@link Context} of a route that is not public: `@Ctx() context: Context<UserCaller>`, matching the route's `@Access(...)`. */
export const Ctx = createParamDecorator((_: unknown, execution: ExecutionContext): Context =>
  contextOf(execution.switchToHttp().getRequest<FastifyRequest>()),
);
