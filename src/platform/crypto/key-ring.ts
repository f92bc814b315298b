import { Injectable } from '@nestjs/common';
import { seal, unseal, UnsealError } from './sealed-box';
import type { Secret } from '../config';

/** A wrapping key with the id it is known by in the database. */
export interface NamedKey {
  readonly id: string;
  readonly key: Secret<Buffer>;
}

/** What {@link KeyRing.seal} returns: the id of the key and the sealed bytes, stored side by side. */
export interface SealedWith {
  readonly keyId: string;
  readonly sealed: Buffer;
}

/** The configured encryption keys: the first encrypts, all decrypt (`DATA_ENCRYPTION_KEYS`). */
@Injectable()
export class KeyRing {
  readonly #current: NamedKey;
  readonly #byId: ReadonlyMap<string, NamedKey>;

  constructor(keys: readonly [NamedKey, ...NamedKey[]]) {
    this.#current = keys[0];
    this.#byId = new Map(keys.map((named) => [named.id, named]));
  }

  get currentKeyId(): string {
    return this.#current.id;
  }

  has(keyId: string): boolean {
    return this.#byId.has(keyId);
  }

  seal(plaintext: string | Uint8Array, place: string): SealedWith {
    return { keyId: this.#current.id, sealed: seal(this.#current.key.reveal(), plaintext, place) };
  }

  /** @throws UnsealError also when the key is not configured any more */
  unseal(keyId: string, sealed: Buffer, place: string): Buffer {
    const named = this.#byId.get(keyId);
    if (named === undefined) throw new UnsealError(`encryption key ${keyId} is not configured`);
    return unseal(named.key.reveal(), sealed, place);
  }
}
