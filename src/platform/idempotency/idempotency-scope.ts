import type { FastifyRequest } from 'fastify';

/** Whose keys they are: two callers may use the same key for different things. */
export interface KeyOwner {
  readonly businessUnit: string;
  /** Tells the unit's callers apart; stays the same when a credential is rotated. */
  readonly caller: string;
}

/** Says who makes a request. The program provides it, because the platform knows nothing of tokens and credentials. */
export abstract class IdempotencyScope {
  abstract ownerOf(request: FastifyRequest): KeyOwner;
}
