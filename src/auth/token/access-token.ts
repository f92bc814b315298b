import { isUtf8 } from 'node:buffer';
import type { FastifyRequest } from 'fastify';
import { type Reason, TokenRefused } from './token-refused';

export const MAX_TOKEN_LENGTH = 8 * 1024;
const MAX_KEY_ID_LENGTH = 256;
const SCHEME = /^bearer(?: |$)/i;
// What follows is judged on its own, so that what is no token is told apart from no Bearer credential.
const BEFORE_TOKEN = /^bearer +(?=[^ ])/i;
const BASE64URL = /^[\w-]*$/;
const HEADER_TYPES: readonly unknown[] = [undefined, 'JWT', 'at+jwt'];

type HeaderRule = readonly [
  member: string,
  wanted: string,
  reason: Reason,
  holds: (value: unknown) => boolean,
];
/** In the order in which they are judged. */
export const HEADER_RULES: readonly HeaderRule[] = [
  // The one algorithm tokens may be signed with (RFC 8725 §3.1).
  ['alg', 'RS256', 'algorithm_not_allowed', (alg: unknown): boolean => alg === 'RS256'],
  ['crit', 'absent', 'critical_header', (crit: unknown): boolean => crit === undefined],
  [
    'typ',
    'absent, JWT or at+jwt',
    'header_type_not_allowed',
    (typ: unknown): boolean => HEADER_TYPES.includes(typ),
  ],
  ['kid', `text of 1 to ${MAX_KEY_ID_LENGTH} characters`, 'key_id_missing', isKeyId],
];

const [QUOTE, COLON, BACKSLASH] = [0x22, 0x3a, 0x5c];

/** The claims of an access token, unvalidated. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** An access token taken apart, nothing of it believed yet. */
export interface AccessToken {
  readonly raw: string;
  readonly keyId: string;
  readonly claims: TokenClaims;
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
export function parseAccessToken(raw: string): AccessToken {
  const [header, payload, signature, ...more] = raw.split('.');
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0)
    throw new TokenRefused('token_malformed');
  const members = decodeObject(header);
  for (const [member, , reason, holds] of HEADER_RULES)
    if (!holds(members[member])) throw new TokenRefused(reason);
  if (bytesOf(signature) === undefined)
    throw new TokenRefused(BASE64URL.test(signature) ? 'signature_invalid' : 'token_malformed');
  return { raw, keyId: String(members['kid']), claims: decodeObject(payload) };
}

function isKeyId(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= MAX_KEY_ID_LENGTH;
}

function decodeObject(part: string): TokenClaims {
  const value = objectIn(part);
  if (value === undefined) throw new TokenRefused('token_malformed');
  return value;
}

/** The bytes of a part. Undefined for what is no base64url, or not the one spelling of its bytes: Node's decoder passes over much. */
export function bytesOf(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return part !== '' && bytes.toString('base64url') === part ? bytes : undefined;
}

/**
 * Header or payload of a token: a JSON object in UTF-8 in which no member name is repeated (RFC 8725 §2.4: parsers disagree on which
 * one counts). Undefined when it is anything else.
 */
export function objectIn(part: string): TokenClaims | undefined {
  const bytes = bytesOf(part);
  if (bytes === undefined || !isUtf8(bytes)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return membersWritten(bytes) === membersKept(value) ? (value as TokenClaims) : undefined;
}

/** Valid JSON has one colon a member, and others within strings alone. */
function membersWritten(json: Buffer): number {
  let members = 0;
  let isString = false;
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index];
    if (byte === QUOTE) isString = !isString;
    else if (isString && byte === BACKSLASH) index += 1;
    else if (!isString && byte === COLON) members += 1;
  }
  return members;
}

function membersKept(value: object | null): number {
  if (value === null) return 0;
  const inner: unknown[] = Object.values(value);
  let members = Array.isArray(value) ? 0 : inner.length;
  for (const one of inner) if (typeof one === 'object') members += membersKept(one);
  return members;
}
