import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import type { DocumentBuilder } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { noteForLog, type Refusal } from '../../platform/http';
import type { Deadline } from '../../platform/time';
import { type Caller, deadlineOf } from '../caller';

export type SecurityScheme = Parameters<DocumentBuilder['addSecurity']>[1];

/** How a proof reads in the OpenAPI document. */
export interface ProofDocumentation {
  /** The security scheme's name and definition; null where OpenAPI has no word for it. */
  readonly scheme: {
    readonly name: string;
    readonly definition: SecurityScheme;
    /** Whether people prove themselves so: pages of their business unit make such requests in their browsers. */
    readonly isOfPeople?: true;
  } | null;
  /** What a route answers when the proof fails. */
  readonly refusals: readonly Refusal[];
}

/**
 * One way of proving who calls: a guard that the access guard runs when the request carries this kind of proof. A module with a proof of
 * its own lists it among its providers and names it in `@Access(...)`.
 */
export abstract class Authenticator<C extends Caller = Caller> implements CanActivate {
  /** The `WWW-Authenticate` challenge (RFC 9110 §11.6.1); null where the proof is no HTTP authentication. */
  abstract readonly challenge: string | null;

  /** Whether the request carries this kind of proof, good or bad. */
  abstract presented(request: FastifyRequest): boolean;

  /**
   * Who calls.
   * @throws GatewayError 401 with the challenge; 429 or 503 where the proof cannot be judged now
   */
  abstract authenticate(request: FastifyRequest, deadline: Deadline): C | Promise<C>;

  /** At once where the proof holds at once: a repeated token waits for nothing. */
  canActivate(execution: ExecutionContext): true | Promise<true> {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const caller = this.authenticate(request, deadlineOf(request));
    return caller instanceof Promise
      ? caller.then((proven) => admit(request, proven))
      : admit(request, caller);
  }
}

function admit(request: FastifyRequest, caller: Caller): true {
  noteForLog(request, { caller: caller.kind, businessUnit: caller.businessUnit });
  request.caller = caller;
  return true;
}

/** A proof's class: injectable, and described by its static `documentation`. */
export type ProofClass = Type<Authenticator> & { readonly documentation: ProofDocumentation };
