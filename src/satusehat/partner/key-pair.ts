import { constants, generateKeyPair, type KeyObject, privateEncrypt } from 'node:crypto';
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
  warmUp(privateKey);
  return { privateKey, publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

/**
 * A key's first private operation also sets up what the later ones reuse, which is half the time of opening an answer. Done here and
 * not on a thread, because OpenSSL's blinding belongs to the thread that first used the key.
 */
function warmUp(key: KeyObject): void {
  privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.alloc(1));
}
