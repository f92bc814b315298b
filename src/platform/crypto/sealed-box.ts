import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + IV_BYTES;

/** A ciphertext does not belong where it was found, was edited, or was sealed with another key. */
export class UnsealError extends Error {}

/**
 * AES-256-GCM (NIST SP 800-38D): version 1 byte | IV 12 bytes, random | ciphertext | tag 16 bytes.
 * `place` is authenticated but not stored: it names table, column, row and owner, so that a value moved elsewhere does not open.
 */
export function seal(key: Buffer, plaintext: string | Uint8Array, place: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(place));
  const body = typeof plaintext === 'string' ? cipher.update(plaintext, 'utf8') : cipher.update(plaintext);
  return Buffer.concat([Buffer.of(VERSION), iv, body, cipher.final(), cipher.getAuthTag()]);
}

/** @throws UnsealError */
export function unseal(key: Buffer, sealed: Buffer, place: string): Buffer {
  if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed[0] !== VERSION)
    throw new UnsealError('not a sealed value');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, HEADER_BYTES), {
    authTagLength: TAG_BYTES,
  })
    .setAAD(Buffer.from(place))
    .setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw new UnsealError('the sealed value was edited, moved, or belongs to another key');
  }
}
