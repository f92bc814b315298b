import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { pem } from '../../platform/config';

/** Whose key requests are sealed for: one of the two the Ministry published, or another that was configured. */
export type ServerKeyName = 'production' | 'development' | 'configured';

/** The public key that requests to the Ministry are sealed for. */
export interface ServerKey {
  readonly name: ServerKeyName;
  readonly key: KeyObject;
}

/**
 * As the official PHP library and five ports publish them (satusehat.md §4). There is neither key id nor rotation, so another key
 * can be configured.
 */
const PUBLISHED = {
  production: published(
    `MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxLwvebfOrPLIODIxAwFp4Qhksdtn7bEby5OhkQNLTdClGAbTe2tOO5Tiib9pcdruKxTodo481iGXTHR5033I
A5X55PegFeoY95NH5Noj6UUhyTFfRuwnhtGJgv9buTeBa4pLgHakfebqzKXr0Lce/Ff1MnmQAdJTlvpOdVWJggsb26fD3cXyxQsbgtQYntmek2qvex/gPM9Nqa5qYrXx
8KuGuqHIFQa5t7UUH8WcxlLVRHWOtEQ3+Y6TQr8sIpSVszfhpjh9+Cag1EgaMzk+HhAxMtXZgpyHffGHmPJ9eXbBO008tUzrE88fcuJ5pMF0LATO6ayXTKgZVU0WO/4e
iQIDAQAB`,
  ),
  development: published(
    `MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwqoicEXIYWYV3PvLIdvBqFkHn2IMhPGKTiB2XA56enpPb0UbI9oHoetRF41vfwMqfFsy5Yd5LABxMGyHJBbP
+3fk2/PIfv+7+9/dKK7h1CaRTeT4lzJBiUM81hkCFlZjVFyHUFtaNfvQeO2OYb7UkK5JrdrB4sgf50gHikeDsyFUZD1o5JspdlfqDjANYAhfz3aam7kCjfYvjgneqkV8
pZDVqJpQA3MHAWBjGEJ+R8y03hs0aafWRfFG9AcyaA5Ct5waUOKHWWV9sv5DQXmbEAoqcx0ZPzmHJDQYlihPW4FIvb93fMik+eW8eZF3A920DzuuFucpblWU9J9o5w+2
oQIDAQAB`,
  ),
} as const;

/** Hosts whose key is known: staging is assumed to hold the development key (satusehat.md §4, §13.1). */
const KEY_OF_HOST: Readonly<Record<string, keyof typeof PUBLISHED>> = {
  'api-satusehat.kemkes.go.id': 'production',
  'api-satusehat-stg.dto.kemkes.go.id': 'development',
  'api-satusehat-dev.dto.kemkes.go.id': 'development',
};

/** `production`, `development`, or an RSA-2048 public key as SPKI PEM. */
export const serverKey = pem.transform((text, context): ServerKey => {
  if (text === 'production' || text === 'development') return { name: text, key: PUBLISHED[text] };
  const key = text.trim().startsWith('-----BEGIN PUBLIC KEY-----') ? rsa2048(text) : undefined;
  if (key !== undefined) return { name: nameOf(key), key };
  context.addIssue('must be `production`, `development` or an RSA-2048 public key as SPKI PEM');
  return z.NEVER;
});

/** Why a request was probably sealed for a key that the service at `baseUrl` does not hold, for an operator. */
export function diagnoseServerKey({ name, key }: ServerKey, baseUrl: string): string {
  const { hostname } = new URL(baseUrl);
  const expected = KEY_OF_HOST[hostname];
  const present = `SATUSEHAT_PUBLIC_KEY is ${name === 'configured' ? `the key ${fingerprint(key)}` : `the published ${name} key`}`;
  if (expected === undefined || expected === name)
    return `it cannot open what was sealed with our key for it; ${present}, and ${hostname} seems to hold another`;
  return `the request was sealed for the other environment's key; ${present}, while ${hostname} uses the ${expected} key`;
}

function published(base64: string): KeyObject {
  return createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' });
}

function rsa2048(text: string): KeyObject | undefined {
  try {
    const key = createPublicKey(text);
    const isFit = key.asymmetricKeyType === 'rsa' && key.asymmetricKeyDetails?.modulusLength === 2048;
    return isFit ? key : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(key: KeyObject): ServerKeyName {
  if (key.equals(PUBLISHED.production)) return 'production';
  return key.equals(PUBLISHED.development) ? 'development' : 'configured';
}

/** The beginning of the SHA-256 over the SPKI DER, as `openssl` prints it. */
function fingerprint(key: KeyObject): string {
  const der = key.export({ type: 'spki', format: 'der' });
  return `${createHash('sha256').update(der).digest('hex').slice(0, 16)}…`;
}
