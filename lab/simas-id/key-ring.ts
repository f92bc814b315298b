import { createHash, createPrivateKey, createPublicKey, generateKeyPair, sign, verify } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

const RSA_BITS = 2048;

/** What a snapshot keeps of the realm's keys: private JWKs, newest signing key first. */
export interface StoredKeys {
  signing: JsonWebKey[];
  encryption: JsonWebKey[];
}

interface RealmKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** The realm's keys as Keycloak publishes them: signing keys and an RSA-OAEP key that must not verify anything. */
export class KeyRing {
  readonly #stored: StoredKeys;
  #signing: RealmKey[];
  #encryption: RealmKey[];

  private constructor(stored: StoredKeys) {
    this.#stored = stored;
    this.#signing = stored.signing.map(realmKey);
    this.#encryption = stored.encryption.map(realmKey);
  }

  /** Takes over the keys of `stored`, or fills it with new ones. */
  static async open(stored: StoredKeys): Promise<KeyRing> {
    if (stored.signing.length === 0 || stored.encryption.length === 0) {
      const [signing, encryption] = await Promise.all([newKey(), newKey()]);
      stored.signing = [signing];
      stored.encryption = [encryption];
    }
    return new KeyRing(stored);
  }

  get currentKid(): string {
    return this.#current().kid;
  }

  /** The JSON Web Key Set (RFC 7517) with members as Keycloak writes them, without certificates. */
  jwks(): { keys: JsonWebKey[] } {
    return {
      keys: [
        ...this.#signing.map((key) => published(key, 'sig', 'RS256')),
        ...this.#encryption.map((key) => published(key, 'enc', 'RSA-OAEP')),
      ],
    };
  }

  /** A new key signs from now on; the older ones stay published only when asked. */
  async rotate(keepOld: boolean): Promise<void> {
    this.#stored.signing = [await newKey(), ...(keepOld ? this.#stored.signing : [])];
    this.#signing = this.#stored.signing.map(realmKey);
  }

  /** RS256 over `header.payload`; the header's kid is the current key's unless it brings its own. */
  sign(header: Readonly<Record<string, unknown>>, claims: Readonly<Record<string, unknown>>): string {
    const key = this.#current();
    const input = [{ alg: 'RS256', typ: 'JWT', kid: key.kid, ...header }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${input}.${sign('sha256', Buffer.from(input), key.privateKey).toString('base64url')}`;
  }

  /** The claims of a token this realm signed with a key it still publishes, else undefined. */
  verify(token: string): Record<string, unknown> | undefined {
    const [header, payload, signature, ...rest] = token.split('.');
    if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) return;
    const kid = decoded(header)?.['kid'];
    const key = this.#signing.find((candidate) => candidate.kid === kid);
    if (key === undefined) return;
    const signed = Buffer.from(`${header}.${payload}`);
    if (!verify('sha256', signed, key.publicKey, Buffer.from(signature, 'base64url'))) return;
    return decoded(payload);
  }

  #current(): RealmKey {
    const key = this.#signing[0];
    if (key === undefined) throw new Error('the realm has no signing key');
    return key;
  }
}

async function newKey(): Promise<JsonWebKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS });
  return privateKey.export({ format: 'jwk' });
}

function realmKey(jwk: JsonWebKey): RealmKey {
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  // RFC 7638 thumbprint: members in this order, no white space.
  const kid = createHash('sha256')
    .update(JSON.stringify({ e: jwk.e, kty: jwk.kty, n: jwk.n }))
    .digest('base64url');
  return { kid, privateKey, publicKey: createPublicKey(privateKey) };
}

function published({ kid, publicKey }: RealmKey, use: string, alg: string): JsonWebKey {
  return { kid, alg, use, ...publicKey.export({ format: 'jwk' }) };
}

function decoded(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
