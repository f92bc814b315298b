import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

/** A client key pair: the Ministry seals its answer for the public half, which travels in the request (satusehat.md §3). */
export interface KeyPair {
  readonly privateKey: KeyObject;
  /** SPKI PEM, 64 columns, LF with a final one. */
  readonly publicKeyPem: string;
}

const generate = promisify(generateKeyPair);

/** Makes an RSA-2048 key pair on a thread of its own: a quarter of a second that the event loop does not see. */
export async function makeKeyPair(): Promise<KeyPair> {
  const { privateKey, publicKey } = await generate('rsa', { modulusLength: 2048, publicExponent: 0x10001 });
  return { privateKey, publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}
