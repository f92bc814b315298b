import { hash, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/time';
import { BoundedMap } from '../../platform/memory';
import type { UserCaller } from '../caller';
import { JwksCache } from '../keys/jwks-cache';

const TOKENS_REMEMBERED = 10_000;

/** A token that was verified: whom it names, and with which key. */
export interface VerifiedToken {
  readonly caller: UserCaller;
  readonly keyId: string;
  readonly key: KeyObject;
}

/** What a token is remembered by: a digest, so that a memory dump holds no token. */
export function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}

/**
 * Remembers verified tokens, so that a repeated one costs a look-up instead of an RSA verification. An entry ends with the token's
 * `exp`, and with its key: once that leaves the key set, or is no longer usable, the token is judged anew.
 */
@Injectable()
export class VerifiedTokens {
  readonly #byDigest = new BoundedMap<VerifiedToken>(TOKENS_REMEMBERED);

  constructor(
    private readonly keys: JwksCache,
    private readonly clock: Clock,
  ) {}

  /** The caller of a token verified before. */
  find(digest: string): UserCaller | undefined {
    const entry = this.#byDigest.get(digest);
    if (entry === undefined) return undefined;
    if (this.#holds(entry)) return entry.caller;
    this.#byDigest.delete(digest);
    return undefined;
  }

  remember(digest: string, verified: VerifiedToken): void {
    if (this.#holds(verified)) this.#byDigest.set(digest, verified);
  }

  #holds({ caller, key, keyId }: VerifiedToken): boolean {
    return this.clock.now() < caller.expiresAt.getTime() && this.keys.current(keyId) === key;
  }
}
