import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Context } from '../caller';

const contexts = new WeakMap<FastifyRequest, Context>();

/** Remembers who makes the request. */
export function enter(request: FastifyRequest, context: Context): void {
  contexts.set(request, context);
}

/** Who makes a request on a route that is not public; for guards and interceptors. Controllers take {@link Ctx}. */
export function contextOf(request: FastifyRequest): Context {
  const context = contexts.get(request);
  if (context === undefined) throw new Error('a public route has no caller');
  return context;
}

/** The {@link Context} of a route that is not public: `@Ctx() context: Context<UserCaller>`, matching the route's `@Access(...)`. */
export const Ctx = createParamDecorator((_: unknown, execution: ExecutionContext): Context =>
  contextOf(execution.switchToHttp().getRequest<FastifyRequest>()),
);
