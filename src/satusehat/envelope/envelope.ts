import {
  constants,
  createCipheriv,
  createDecipheriv,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { armour, unarmour } from './armour';

const WRAPPED_KEY_BYTES = 256;
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const CIPHERTEXT_AT = WRAPPED_KEY_BYTES + IV_BYTES;

/**
 * The message cannot be opened. `damaged`: no complete armour, or too few bytes in it. `refused`: not sealed for this key, or edited;
 * which of the two is never told (RFC 8017 §7.1.2: padding errors must not be distinguishable).
 */
export class EnvelopeError extends Error {
  constructor(readonly reason: 'damaged' | 'refused') {
    super(`the encrypted message is ${reason}`);
  }
}

/**
 * Seals a UTF-8 text for the holder of an RSA-2048 key, with a fresh AES key (satusehat.md §3):
 * RSA-OAEP(AES key) 256 B | IV 12 B | AES-256-GCM ciphertext | tag 16 B, armoured.
 */
export function seal(plaintext: string, recipient: KeyObject): string {
  const key = randomBytes(KEY_BYTES);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const ciphertext = cipher.update(plaintext, 'utf8');
  const wrapped = publicEncrypt(oaep(recipient), key);
  return armour(Buffer.concat([wrapped, iv, ciphertext, cipher.final(), cipher.getAuthTag()]));
}

/**
 * Opens a message that was sealed for `own`.
 * @throws EnvelopeError
 */
export function open(message: string, own: KeyObject): string {
  const bytes = unarmour(message);
  if (bytes === undefined || bytes.length < CIPHERTEXT_AT + TAG_BYTES) throw new EnvelopeError('damaged');
  const key = unwrap(bytes.subarray(0, WRAPPED_KEY_BYTES), own);
  const iv = bytes.subarray(WRAPPED_KEY_BYTES, CIPHERTEXT_AT);
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const plaintext = decipher.update(bytes.subarray(CIPHERTEXT_AT, -TAG_BYTES));
    return Buffer.concat([plaintext, decipher.final()]).toString('utf8');
  } catch {
    throw new EnvelopeError('refused');
  }
}

/** The AES key, or a random one that opens nothing: a padding error goes the same way as an edited ciphertext. */
function unwrap(wrapped: Buffer, own: KeyObject): Buffer {
  const standIn = randomBytes(KEY_BYTES);
  try {
    const key = privateDecrypt(oaep(own), wrapped);
    return key.length === KEY_BYTES ? key : standIn;
  } catch {
    return standIn;
  }
}

/** `oaepHash` sets the hash of MGF1 too: with SHA-1 there, as node-forge and Java do unasked, nothing opens (satusehat.md §3 "Traps"). */
function oaep(key: KeyObject): { key: KeyObject; padding: number; oaepHash: string } {
  return { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
}
