import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum';
import { Reflector } from '@nestjs/core';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants';
import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import { GatewayError, invalidRequest } from '../errors';
import { bodyBytes, isJson, parseJson, readBody } from './request-body';
import { unknownField } from './validation.pipe';

const ACCEPTS = 'gateway:accepts';

/**
 * What body a route takes.
 * `json` – parsed, `application/json` only; `raw` – a Buffer, any type; `stream` – untouched, the handler reads it.
 */
interface Acceptance {
  readonly kind: 'json' | 'raw' | 'stream';
  readonly limitBytes: number;
  /** Webhooks may grow fields and parameters we do not know; our own API refuses them. */
  readonly ignoreUnknown?: boolean;
}

const JSON_BODY: Acceptance = { kind: 'json', limitBytes: 65_536 };

/** Nest's `RouteConfig`, but that two of them on one route add up. */
export function RouteConfiguration(config: FastifyContextConfig): MethodDecorator {
  return (_target, _name, { value }) => {
    const known = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, value as object) as object | undefined;
    Reflect.defineMetadata(FASTIFY_ROUTE_CONFIG_METADATA, { ...known, ...config }, value as object);
  };
}

/** Declares a body other than JSON of at most 64 KiB. */
export function Accepts(acceptance: Acceptance): MethodDecorator {
  const isUpload = acceptance.kind === 'stream';
  return applyDecorators(
    SetMetadata(ACCEPTS, acceptance),
    ...(isUpload ? [RouteConfiguration({ upload: true })] : []),
  );
}

/** Probes and scrapers append parameters of their own; they mean nothing here. */
export const AnyQuery = (): MethodDecorator => Accepts({ ...JSON_BODY, ignoreUnknown: true });

/** Unknown parameters that an answer names. */
const MAX_NAMED = 20;

interface RouteInput {
  readonly acceptance: Acceptance;
  readonly takesBody: boolean;
  readonly takesQuery: boolean;
}

/**
 * Reads a route's input: after access was judged, and before pipes validate it. A guard, although it refuses nobody: a single
 * interceptor would make Nest wrap every answer in observables, which costs a fifth of a short request (`npm run bench -- auth`).
 */
@Injectable()
export class RequestInputGuard implements CanActivate {
  readonly #routes = new WeakMap<object, RouteInput>();

  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): true | Promise<true> {
    const route = this.#route(context);
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!route.takesQuery && !route.acceptance.ignoreUnknown) refuseQuery(request);
    if (!route.takesBody && route.acceptance.kind !== 'stream') return true;
    refuseContentCoding(request);
    if (route.acceptance.kind === 'stream') return true;
    return body(request, route.acceptance).then((value) => {
      request.body = value;
      return true;
    });
  }

  #route(context: ExecutionContext): RouteInput {
    const handler = context.getHandler();
    const known = this.#routes.get(handler);
    if (known !== undefined) return known;
    const route = {
      acceptance: this.reflector.get<Acceptance | undefined>(ACCEPTS, handler) ?? JSON_BODY,
      takesBody: inputType(context, RouteParamtypes.BODY) !== undefined,
      takesQuery: inputType(context, RouteParamtypes.QUERY) !== undefined,
    };
    this.#routes.set(handler, route);
    return route;
  }
}

/** The class of a handler's `@Body()` or `@Query()`; undefined when it takes none. */
export function inputType(context: ExecutionContext, input: RouteParamtypes): Type | undefined {
  const [route, { name }] = [context.getClass(), context.getHandler()];
  const handlerArguments = (Reflect.getMetadata(ROUTE_ARGS_METADATA, route, name) ?? {}) as Readonly<
    Record<string, { readonly index: number }>
  >;
  // Nest's keys of a handler's arguments are `type:index`.
  const found = Object.entries(handlerArguments).find(([key]) => key.startsWith(`${input}:`));
  if (found === undefined) return undefined;
  const types = Reflect.getMetadata('design:paramtypes', route.prototype as object, name) as readonly Type[];
  return types[found[1].index];
}

async function body(request: FastifyRequest, acceptance: Acceptance): Promise<unknown> {
  const { limitBytes } = acceptance;
  if (acceptance.kind === 'raw') return readBody(request, limitBytes);
  const contentType = request.headers['content-type'];
  if ((contentType ?? '') === '' && bodyBytes(request.raw) === 0) return {};
  if (!isJson(contentType))
    throw new GatewayError(415, 'unsupported_media_type', 'Send application/json in UTF-8.');
  const bytes = await readBody(request, limitBytes);
  return bytes.length === 0 ? {} : parseJson(bytes);
}

/** Nothing is unpacked: a few bytes could become any number (RFC 9110 §15.5.16). */
function refuseContentCoding({ raw }: FastifyRequest): void {
  const coding = raw.headers['content-encoding']?.trim().toLowerCase();
  if (coding === undefined || coding === '' || coding === 'identity' || bodyBytes(raw) === 0) return;
  throw new GatewayError(415, 'unsupported_media_type', 'Send the body without Content-Encoding.', {
    headers: { 'accept-encoding': 'identity' },
  });
}

function refuseQuery(request: FastifyRequest): void {
  const names = Object.keys(request.query as object);
  if (names.length === 0) return;
  throw invalidRequest(
    'The request is not valid.',
    names.slice(0, MAX_NAMED).map((name) => unknownField(name, 'is not a parameter of this route')),
  );
}
