import { hash, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/time';
import type { UserCaller } from '../caller';
import { KeyStore } from '../keys/key-store';

const LARGEST_GENERATION = 10_000;

/** A token that was verified: whom it names, and with which key. */
export interface VerifiedToken {
  readonly caller: UserCaller;
  readonly keyId: string;
  readonly key: KeyObject;
}

/**
 * Remembers verified tokens by their SHA-256, so that a repeated token costs a look-up instead of an RSA verification. Holds no
 * token. An entry ends with the token's `exp` and with its key: when the key leaves the set, or is replaced, the token is judged anew.
 * Two generations bound the memory: what was used lately lives on, the rest goes.
 */
@Injectable()
export class VerifiedTokens {
  #young = new Map<string, VerifiedToken>();
  #old = new Map<string, VerifiedToken>();

  constructor(
    private readonly keys: KeyStore,
    private readonly clock: Clock,
  ) {}

  /** The caller of a token verified before. */
  find(token: string): UserCaller | undefined {
    const digest = digestOf(token);
    const young = this.#young.get(digest);
    const entry = young ?? this.#old.get(digest);
    if (entry === undefined) return undefined;
    if (!this.#stillValid(entry)) {
      this.#young.delete(digest);
      this.#old.delete(digest);
      return undefined;
    }
    if (young === undefined) this.#keep(digest, entry);
    return entry.caller;
  }

  remember(token: string, verified: VerifiedToken): void {
    if (this.#stillValid(verified)) this.#keep(digestOf(token), verified);
  }

  #stillValid({ caller, key, keyId }: VerifiedToken): boolean {
    return this.clock.now() < caller.expiresAt.getTime() && this.keys.current(keyId) === key;
  }

  #keep(digest: string, entry: VerifiedToken): void {
    if (this.#young.size >= LARGEST_GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(digest, entry);
  }
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
