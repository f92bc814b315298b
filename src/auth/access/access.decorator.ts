import { applyDecorators, SetMetadata, UseGuards } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import { Refuses, RequestInputGuard, RouteConfiguration } from '../../platform/http';
import type { ProofClass, SecurityScheme } from './authenticator';

export const ACCESS = 'gateway:access';

/** Who may call a route: everybody, or a caller with one of the proofs. */
export type AccessRule = 'public' | readonly ProofClass[];

/** The OpenAPI security schemes of all routes declared so far, by name. */
export const securitySchemes: Record<string, SecurityScheme> = {};

/**
 * Who may call a route. The one declaration a route needs: the guard obeys it, the OpenAPI document shows it, and a route without
 * it stops the boot. `@Access(User, BackOffice)` takes either proof; `@Access('public')` takes everybody.
 *
 * Guards of the route's own stand below it: they then run before the route's input is read, which happens last.
 */
export function Access(
  ...rule: readonly ['public'] | readonly [ProofClass, ...ProofClass[]]
): MethodDecorator {
  if (rule[0] === 'public')
    return applyDecorators(SetMetadata(ACCESS, 'public'), UseGuards(RequestInputGuard));
  const proofs = rule as readonly ProofClass[];
  const schemes = proofs.flatMap(({ documentation }) => documentation.scheme ?? []);
  for (const { name, definition } of schemes) securitySchemes[name] = definition;
  return applyDecorators(
    SetMetadata(ACCESS, proofs),
    UseGuards(RequestInputGuard),
    ...(schemes.some(({ isOfPeople }) => isOfPeople) ? [RouteConfiguration({ browsers: true })] : []),
    ...schemes.map(({ name }) => ApiSecurity(name)),
    Refuses(...proofs.flatMap(({ documentation }) => documentation.refusals)),
  );
}
