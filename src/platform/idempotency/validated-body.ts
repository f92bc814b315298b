import type { ExecutionContext, Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants';
import type { FastifyRequest } from 'fastify';
import canonicalize from 'canonicalize';
import { RequestValidationPipe } from '../http';

const BODY_ARGUMENT = /^3:(\d+)$/;
const validation = new RequestValidationPipe();

/**
 * The body as its route will see it, in the RFC 8785 form: two spellings of one phone number are the same request.
 * @throws GatewayError 400 when the route will refuse it
 */
export async function validatedBody(context: ExecutionContext): Promise<string> {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const metatype = bodyType(context);
  const body: unknown =
    metatype === undefined ? {} : await validation.transform(request.body, { type: 'body', metatype });
  return canonicalize(JSON.parse(JSON.stringify(body ?? {}))) ?? '';
}

/** The class of the handler's `@Body()`; undefined when it takes none. */
function bodyType(context: ExecutionContext): Type | undefined {
  const { name } = context.getHandler();
  const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), name) ?? {}) as object;
  const index = Object.keys(args).map((key) => BODY_ARGUMENT.exec(key)?.[1]);
  const position = index.find((found) => found !== undefined);
  if (position === undefined) return undefined;
  const prototype = context.getClass().prototype as object;
  const types = Reflect.getMetadata('design:paramtypes', prototype, name) as readonly Type[];
  return types[Number(position)];
}
