import {
  constants,
  createCipheriv,
  createDecipheriv,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';

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
  const ciphertext = cipher.update(plaintext);
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
    return Buffer.concat([plaintext, decipher.final()]).toString();
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

const BEGIN = '-----BEGIN ENCRYPTED MESSAGE-----';
const END = '-----END ENCRYPTED MESSAGE-----';
const COLUMNS = 76;
const LINE = new RegExp(`.{1,${COLUMNS}}`, 'g');

/**
 * Text in the Ministry's armour: base64 of RFC 2045, every line ended by CRLF, and nothing after the end tag
 * (satusehat.md §3; the official PHP library cuts by position and opens no other form).
 */
export function armour(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(LINE) ?? [];
  return [BEGIN, ...lines, END].join('\r\n');
}

/** Whether a body begins as an armoured message; {@link open} says whether it is a sound one. */
export function isArmoured(body: string): boolean {
  return body.trimStart().startsWith(BEGIN);
}

/**
 * The bytes in the armour; undefined when it is damaged. Lines may be of any length, end in CRLF or LF, and the last one may touch
 * the end tag. No other spelling of the base64 is accepted, so that an edited message never reads like the original.
 */
export function unarmour(message: string): Buffer | undefined {
  const text = message.trim();
  if (!text.startsWith(BEGIN) || !text.endsWith(END)) return undefined;
  if (text.length < BEGIN.length + END.length) return undefined;
  const base64 = text.slice(BEGIN.length, -END.length).replace(/\r?\n/g, '');
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : undefined;
}
