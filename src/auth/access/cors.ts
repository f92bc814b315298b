import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { BusinessUnits } from '../../business-units';
import { isBasic } from '../basic/basic-credentials';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set by `@Access` on a route that people may call, from a page of their business unit. */
    browsers?: boolean;
  }
}

/** A browser asks again after so long; Chromium remembers no answer for longer. */
const MAX_AGE_SECONDS = 7_200;
const ALLOWED_HEADERS =
  'Authorization, Content-Type, Idempotency-Key, Last-Event-ID, If-Match, If-None-Match, X-Request-Id, traceparent';
const EXPOSED_HEADERS = 'Location, Retry-After, Idempotency-Hit, X-Request-Id, ETag, WWW-Authenticate';

/**
 * CORS (WHATWG Fetch §3.2) on the routes that people may call, never with cookies. Until it is known who calls, pages of all units
 * may read the answer; then those of the caller's unit alone, which `@fastify/cors`, that decides before a request is
 * authenticated, cannot say (ADR 0023).
 */
@Injectable()
export class Cors {
  /** By route; asked of a preflight, whose own method no route takes. */
  readonly #methods = new Map<string, Set<string>>();

  constructor(private readonly units: BusinessUnits) {}

  /** To be called before Nest registers the routes. */
  install(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ url, method, config }) => {
      const names = [method].flat();
      // What answers 405 takes OPTIONS, with the route's configuration.
      if (config?.browsers !== true || names.includes('OPTIONS')) return;
      this.#methods.set(url, new Set([...(this.#methods.get(url) ?? []), ...names]));
    });
    fastify.addHook('onRequest', (request, reply, done) => {
      const methods = this.#methods.get(request.routeOptions.url ?? '');
      if (methods === undefined) return done();
      void reply.header('vary', 'Origin');
      const { origin, 'access-control-request-method': wanted } = request.headers;
      const isPreflight = request.method === 'OPTIONS' && origin !== undefined && wanted !== undefined;
      const isAllowed =
        origin !== undefined &&
        (isPreflight || methods.has(request.method)) &&
        !isBasic(request.headers.authorization) &&
        this.units.all.some((unit) => unit.allowsOrigin(origin));
      if (isAllowed) void reply.header('access-control-allow-origin', origin);
      if (isAllowed && !isPreflight) void reply.header('access-control-expose-headers', EXPOSED_HEADERS);
      if (!isPreflight) return done();
      if (isAllowed)
        void reply.headers({
          'access-control-allow-methods': [...methods].join(', '),
          'access-control-allow-headers': ALLOWED_HEADERS,
          'access-control-max-age': String(MAX_AGE_SECONDS),
        });
      void reply.code(204).send();
    });
  }

  /** Once the caller's token holds, a page of another unit may not read the answer. */
  narrow({ tokenUnit, headers: { origin } }: FastifyRequest, reply: FastifyReply): void {
    if (origin === undefined || tokenUnit === undefined) return;
    if (this.units.find(tokenUnit)?.allowsOrigin(origin)) return;
    reply.removeHeader('access-control-allow-origin');
    reply.removeHeader('access-control-expose-headers');
  }
}
