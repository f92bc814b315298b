import type { FastifyRequest } from 'fastify';
import { BoundedMap } from '../../platform/memory';
import { parseStrictObject } from './strict-json';
import { TokenRefused } from './token-refused';

const MAX_TOKEN_LENGTH = 8 * 1024;
const MAX_KEY_ID_LENGTH = 256;
const SCHEME = /^bearer(?: |$)/i;
// What follows is judged on its own, so that what is no token is told apart from no Bearer credential.
const BEFORE_TOKEN = /^bearer +(?=[^ ])/i;
const BASE64URL = /^[\w-]*$/;
const HEADER_TYPES: readonly unknown[] = [undefined, 'JWT', 'at+jwt'];

const HEADERS_REMEMBERED = 32;
/** Key ids of headers that were found good: all tokens signed with one key begin with the same one. */
const goodHeaders = new BoundedMap<string>(HEADERS_REMEMBERED);

/** The one algorithm tokens may be signed with (RFC 8725 §3.1). */
const ALGORITHM = 'RS256';

/** An access token taken apart, nothing of it believed yet. */
export interface AccessToken {
  readonly keyId: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the signature is over: header, dot and payload as they were sent. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** Whether an `Authorization` header names the Bearer scheme. */
export function isBearer(header: string | undefined): boolean {
  return header !== undefined && SCHEME.test(header);
}

/** The Bearer credential as it was sent (RFC 6750 §2.1), never from query or body. */
export function bearerToken(request: FastifyRequest): string {
  const credentials = request.headers.authorization ?? '';
  const before = BEFORE_TOKEN.exec(credentials)?.[0];
  if (before === undefined) throw new TokenRefused('token_malformed');
  const token = credentials.slice(before.length);
  if (token.length > MAX_TOKEN_LENGTH) throw new TokenRefused('token_too_large');
  return token;
}

/**
 * Takes a token apart as strictly as it can be done without a key: three canonical base64url parts, two JSON objects without
 * repeated members, RS256, a key id, no critical extensions. Hints at keys (`jku`, `jwk`, `x5u`, `x5c`) are never looked at.
 * @throws TokenRefused
 */
export function parseAccessToken(token: string): AccessToken {
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first < 0 || second < 0 || token.includes('.', second + 1)) throw new TokenRefused('token_malformed');
  const [header, payload] = [token.slice(0, first), token.slice(first + 1, second)];
  const keyId = goodHeaders.get(header) ?? rememberGood(header, judgeHeader(decodeObject(header)));
  const third = token.slice(second + 1);
  const signature = bytesOf(third);
  if (signature === undefined)
    throw new TokenRefused(BASE64URL.test(third) ? 'signature_invalid' : 'token_malformed');
  return { keyId, claims: decodeObject(payload), signed: token.slice(0, second), signature };
}

function rememberGood(header: string, keyId: string): string {
  goodHeaders.set(header, keyId);
  return keyId;
}

function judgeHeader(header: Readonly<Record<string, unknown>>): string {
  if (header['alg'] !== ALGORITHM) throw new TokenRefused('algorithm_not_allowed');
  if (Object.hasOwn(header, 'crit')) throw new TokenRefused('critical_header');
  if (!HEADER_TYPES.includes(header['typ'])) throw new TokenRefused('header_type_not_allowed');
  const keyId = header['kid'];
  if (typeof keyId !== 'string' || keyId === '' || keyId.length > MAX_KEY_ID_LENGTH)
    throw new TokenRefused('key_id_missing');
  return keyId;
}

function decodeObject(part: string): Readonly<Record<string, unknown>> {
  const bytes = bytesOf(part);
  const value = bytes === undefined ? undefined : parseStrictObject(bytes);
  if (value === undefined) throw new TokenRefused('token_malformed');
  return value;
}

/** Undefined for what is no base64url, or not the one spelling of its bytes: Node's decoder passes over much. */
function bytesOf(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return part !== '' && bytes.toString('base64url') === part ? bytes : undefined;
}
