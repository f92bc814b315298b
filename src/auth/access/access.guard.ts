import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  type OnModuleInit,
  RequestMethod,
} from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { DiscoveryService, MetadataScanner, ModuleRef } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { GatewayError, invalidRequest } from '../../platform/errors';
import { timesSent } from '../../platform/http';
import { Deadline } from '../../platform/time';
import { ACCESS, type AccessRule } from './access.decorator';
import type { Authenticator } from './authenticator';
import { Cors } from './cors';

/**
 * Denies by default: a request goes on only when its route's rule is met, and then with a caller. The rules are gathered before the
 * first request; a route without one does not boot (contract §3).
 */
@Injectable()
export class AccessGuard implements CanActivate, OnModuleInit {
  readonly #rules = new Map<unknown, 'public' | readonly Authenticator[]>();
  readonly #budgetMs: number;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly modules: ModuleRef,
    private readonly cors: Cors,
    @Inject(platformSettings.token) settings: PlatformSettings,
  ) {
    this.#budgetMs = settings.values.PARTNER_TIMEOUT_MS;
  }

  onModuleInit(): void {
    const open: string[] = [];
    for (const { instance, metatype } of this.discovery.getControllers()) {
      const controller = instance as Record<string, unknown> | null;
      if (controller === null) continue;
      for (const method of this.scanner.getAllMethodNames(Object.getPrototypeOf(controller) as object)) {
        const handler = controller[method];
        if (typeof handler !== 'function' || !Reflect.hasMetadata(PATH_METADATA, handler)) continue;
        const rule = Reflect.getMetadata(ACCESS, handler) as AccessRule | undefined;
        if (rule === undefined) open.push(`${routeVerb(handler)} ${metatype?.name ?? '?'}.${method}`);
        else this.#rules.set(handler, this.#resolve(rule));
      }
    }
    if (open.length > 0)
      throw new Error(`Routes without an access rule, declare @Access(...) on each: ${open.join(', ')}`);
  }

  #resolve(rule: AccessRule): 'public' | readonly Authenticator[] {
    if (rule === 'public') return rule;
    return rule.map((proof) => this.modules.get<Authenticator>(proof, { strict: false }));
  }

  canActivate(execution: ExecutionContext): true | Promise<true> {
    const rule = this.#rules.get(execution.getHandler());
    if (rule === 'public') return true;
    if (rule === undefined) throw unauthorized([]);
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    refuseTwoCredentials(request);
    const guard = rule.find((candidate) => candidate.presented(request));
    if (guard === undefined) throw unauthorized(rule);
    request.deadline = Deadline.after(this.#budgetMs);
    const admitted = guard.canActivate(execution);
    return request.headers.origin === undefined ? admitted : this.#ofPage(execution, admitted);
  }

  /** The request comes from a page, which may read the answer only where its business unit's people use it. */
  async #ofPage(execution: ExecutionContext, admitted: true | Promise<true>): Promise<true> {
    const http = execution.switchToHttp();
    try {
      return await admitted;
    } finally {
      this.cors.narrow(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
    }
  }
}

function routeVerb(handler: object): string {
  return RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number] ?? 'ALL';
}

/** No proof, or one of another kind than the route takes: the answer says which ones it does. */
function unauthorized(proofs: readonly Authenticator[]): GatewayError {
  const challenges = proofs.flatMap(({ challenge }) => challenge ?? []);
  return new GatewayError(401, 'unauthorized', 'This address wants other credentials, or any at all.', {
    headers: challenges.length === 0 ? {} : { 'www-authenticate': challenges.join(', ') },
  });
}

/** Node keeps the first of two `Authorization` headers, a proxy in front may have judged the second. */
function refuseTwoCredentials(request: FastifyRequest): void {
  if (timesSent(request.raw, 'authorization') > 1) throw invalidRequest('Send one Authorization header.');
}
