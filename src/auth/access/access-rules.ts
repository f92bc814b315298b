import { Injectable, type OnModuleInit, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { DiscoveryService, MetadataScanner, ModuleRef } from '@nestjs/core';
import { ACCESS, type AccessRule } from './access.decorator';
import { Authenticator } from './authenticator';

/** A route's rule with its proofs at hand. */
export type ResolvedRule = 'public' | readonly Authenticator[];

/** Every route's access rule, gathered before the first request. A route without one does not boot (contract §3). */
@Injectable()
export class AccessRules implements OnModuleInit {
  readonly #rules = new Map<unknown, ResolvedRule>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly modules: ModuleRef,
  ) {}

  /** The rule of a controller's method, as Nest hands it to guards. */
  of(handler: unknown): ResolvedRule | undefined {
    return this.#rules.get(handler);
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

  #resolve(rule: AccessRule): ResolvedRule {
    return rule === 'public'
      ? rule
      : rule.map((proof) => this.modules.get<Authenticator>(proof, { strict: false }));
  }
}

function routeVerb(handler: object): string {
  return RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number] ?? 'ALL';
}
