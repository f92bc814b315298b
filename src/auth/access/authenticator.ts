import type { Type } from '@nestjs/common';
import type { DocumentBuilder } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Refusal } from '../../platform/http';
import type { Deadline } from '../../platform/time';
import type { Caller } from '../caller';

export type SecurityScheme = Parameters<DocumentBuilder['addSecurity']>[1];

/** How a proof reads in the OpenAPI document. */
export interface ProofDocumentation {
  /** The security scheme's name and definition; null where OpenAPI has no word for it. */
  readonly scheme: { readonly name: string; readonly definition: SecurityScheme } | null;
  /** What a route answers when the proof fails. */
  readonly refusals: readonly Refusal[];
}

/**
 * One way of proving who calls. Injectable; a module with a proof of its own lists it among its providers and names it in
 * `@Access(...)`.
 */
export abstract class Authenticator<C extends Caller = Caller> {
  /** The `WWW-Authenticate` challenge (RFC 9110 §11.6.1); null where the proof is no HTTP authentication. */
  abstract readonly challenge: string | null;

  /** Whether the request carries this kind of proof, good or bad. */
  abstract presented(request: FastifyRequest): boolean;

  /**
   * Who calls.
   * @throws GatewayError 401 with the challenge; 429 or 503 where the proof cannot be judged now
   */
  abstract authenticate(request: FastifyRequest, deadline: Deadline): C | Promise<C>;
}

/** A proof's class: injectable, and described by its static `documentation`. */
export type ProofClass = Type<Authenticator> & { readonly documentation: ProofDocumentation };
