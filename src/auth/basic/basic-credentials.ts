import { isUtf8 } from 'node:buffer';

const MAX_HEADER_LENGTH = 1024;
const SCHEME = /^basic(?: |$)/i;
const CREDENTIALS = /^basic +((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/i;
const CONTROL_CHARACTER = /\p{Cc}/u;

export interface UserAndPassword {
  readonly user: string;
  readonly password: string;
}

/** Whether an `Authorization` header names the Basic scheme. */
export function isBasic(header: string | undefined): boolean {
  return header !== undefined && SCHEME.test(header);
}

/**
 * Reads `Authorization: Basic …` (RFC 7617): strict base64, UTF-8, split at the first colon, no control characters, at most 1 KiB.
 * Undefined when it is anything else.
 */
export function parseBasic(header: string): UserAndPassword | undefined {
  if (header.length > MAX_HEADER_LENGTH) return undefined;
  const encoded = CREDENTIALS.exec(header)?.[1];
  if (encoded === undefined || encoded === '') return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  // The last character may carry bits that decoding drops: two spellings of one credential are one too many.
  if (bytes.toString('base64') !== encoded || !isUtf8(bytes)) return undefined;
  const text = bytes.toString();
  const colon = text.indexOf(':');
  if (colon < 0 || CONTROL_CHARACTER.test(text)) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
