import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Members = Readonly<Record<string, unknown>>;
type Responder = (request: IncomingMessage, response: ServerResponse) => void;

/** One of the realm's signing keys. */
export interface RealmKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function realmKey(modulusLength = 2048): RealmKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  const kid = createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('base64url');
  return { kid, privateKey, publicKey };
}

export function published({ kid, publicKey }: RealmKey): Members {
  return { kid, use: 'sig', alg: 'RS256', ...publicKey.export({ format: 'jwk' }) };
}

export function base64url(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** Making a key takes long; the first one of every realm in a test file is the same. */
let firstKey: RealmKey | undefined;

/** A SIMAS-ID of its own for a test: a realm on loopback whose key server can be told to misbehave. */
export class SimasIdFixture {
  key = (firstKey ??= realmKey());
  /** What the key set holds. */
  members: unknown[] = [published(this.key)];
  /** Set to answer requests for the key set in another way. */
  answer: Responder | undefined;
  keySetRequests = 0;
  #server: Server | undefined;

  async start(): Promise<this> {
    const server = createServer((request, response) => {
      this.keySetRequests += 1;
      if (this.answer !== undefined) return this.answer(request, response);
      return void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ keys: this.members }));
    });
    // A test that fails before it stops this does not keep Jest waiting.
    this.#server = server.unref();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server?.address() as AddressInfo).port}`;
  }

  get issuer(): string {
    return `${this.url}/realms/simas-id`;
  }

  /** The environment variables a gateway needs for this SIMAS-ID. */
  get environment(): Record<string, string> {
    return { SIMAS_ID_BASE_URL: this.url, SIMAS_ID_ISSUER: this.issuer };
  }

  /** The claims of a person who logged in to Nanovest just now. */
  claims(changes: Members = {}): Members {
    const now = Math.floor(Date.now() / 1000);
    return {
      iss: this.issuer,
      aud: ['nanovest'],
      azp: 'nanovest',
      typ: 'Bearer',
      sub: '279d5a1e-0f5c-4d0b-9a52-6f2b1c6f09bf',
      iat: now,
      exp: now + 300,
      preferred_username: '6285610573956',
      given_name: 'John',
      family_name: 'Doe',
      ...changes,
    };
  }

  /** A signed access token. */
  token(changes: Members = {}, header: Members = {}, key = this.key): string {
    return signed({ alg: 'RS256', typ: 'JWT', kid: key.kid, ...header }, this.claims(changes), key);
  }

  /** A new signing key; the old one stays published only when told so. */
  rotate({ keepOld }: { keepOld: boolean }): RealmKey {
    this.key = realmKey();
    this.members = [published(this.key), ...(keepOld ? this.members : [])];
    return this.key;
  }
}

/** Header and payload may be given as text, to write what no JSON library would. */
export function signed(header: unknown, payload: unknown, key: RealmKey): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), key.privateKey).toString('base64url')}`;
}
