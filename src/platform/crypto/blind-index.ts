import { createHmac, createSecretKey, type Hmac, hkdfSync, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Secret } from '../config';

/**
 * Keyed digests to look up encrypted values by equality (HMAC-SHA-256, one key derived per purpose by HKDF, RFC 5869).
 * With the key phone numbers can be enumerated: keep it away from the database host.
 */
@Injectable()
export class BlindIndex {
  readonly #master: Secret<Buffer>;
  readonly #derived = new Map<string, KeyObject>();

  constructor(master: Secret<Buffer>) {
    this.#master = master;
  }

  /** 32 bytes. Normalise `value` first: equality is byte equality. Parts are length-prefixed, so `a|bc` and `ab|c` differ. */
  digest(purpose: string, ...parts: readonly string[]): Buffer {
    return this.#hmac(purpose, parts).digest();
  }

  /** {@link digest} as PostgreSQL writes and reads bytes in text; cheaper than to make a buffer and write that. */
  digestText(purpose: string, ...parts: readonly string[]): string {
    return `\\x${this.#hmac(purpose, parts).digest('hex')}`;
  }

  #hmac(purpose: string, parts: readonly string[]): Hmac {
    const message = parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join('');
    return createHmac('sha256', this.#key(purpose)).update(message);
  }

  #key(purpose: string): KeyObject {
    const known = this.#derived.get(purpose);
    if (known !== undefined) return known;
    const derived = hkdfSync('sha256', this.#master.reveal(), '', `kyc-gateway blind index ${purpose}`, 32);
    const key = createSecretKey(Buffer.from(derived));
    this.#derived.set(purpose, key);
    return key;
  }
}
