import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  type KeyObject,
} from 'node:crypto';

/**
 * The Ministry's encrypted message as the server side reads it (partner page satusehat.md §3):
 * RSA-OAEP-SHA256(AES key) 256 B | IV 12 B | AES-256-GCM ciphertext | tag 16 B, base64, armoured.
 */
const BEGIN = '-----BEGIN ENCRYPTED MESSAGE-----';
const END = '-----END ENCRYPTED MESSAGE-----';
const WRAPPED_KEY_BYTES = 256;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const COLUMNS = 76;

export type EnvelopeFault =
  'no-begin-tag' | 'no-end-tag' | 'not-base64' | 'too-short' | 'wrong-key' | 'not-authentic';

export class EnvelopeError extends Error {
  constructor(readonly fault: EnvelopeFault) {
    super(fault);
  }
}

/** Seals for the holder of `publicKey`; lines of 76 columns end in CRLF, nothing follows the end tag. */
export function sealMessage(plaintext: string, publicKey: KeyObject): string {
  const key = randomBytes(32);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  const wrapped = publicEncrypt(oaep(publicKey), key);
  return armour(Buffer.concat([wrapped, iv, body]));
}

/** @throws EnvelopeError saying which layer refused. */
export function openMessage(message: string, privateKey: KeyObject): string {
  const bytes = unarmour(message);
  if (bytes.length < WRAPPED_KEY_BYTES + IV_BYTES + TAG_BYTES) throw new EnvelopeError('too-short');
  const key = unwrapKey(bytes.subarray(0, WRAPPED_KEY_BYTES), privateKey);
  const iv = bytes.subarray(WRAPPED_KEY_BYTES, WRAPPED_KEY_BYTES + IV_BYTES);
  const ciphertext = bytes.subarray(WRAPPED_KEY_BYTES + IV_BYTES, -TAG_BYTES);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  } catch {
    throw new EnvelopeError('not-authentic');
  }
}

export function looksArmoured(body: string): boolean {
  return body.trimStart().startsWith(BEGIN);
}

/** The key a client sends along: SPKI PEM with LF or CRLF, RSA of 2048 bits or more (§3); undefined for anything else. */
export function clientPublicKey(pem: string): KeyObject | undefined {
  if (!pem.trimStart().startsWith('-----BEGIN PUBLIC KEY-----')) return undefined;
  try {
    const key = createPublicKey(pem);
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    return key.asymmetricKeyType === 'rsa' && bits >= 2048 ? key : undefined;
  } catch {
    return undefined;
  }
}

function unwrapKey(wrapped: Buffer, privateKey: KeyObject): Buffer {
  let key: Buffer;
  try {
    key = privateDecrypt(oaep(privateKey), wrapped);
  } catch {
    throw new EnvelopeError('wrong-key');
  }
  if (key.length !== 32) throw new EnvelopeError('wrong-key');
  return key;
}

/** `oaepHash` sets the MGF1 hash too, which the Ministry's library needs (§3 "Traps"). */
function oaep(key: KeyObject): { key: KeyObject; padding: number; oaepHash: string } {
  return { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
}

function armour(bytes: Buffer): string {
  const text = bytes.toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += COLUMNS) lines.push(text.slice(at, at + COLUMNS));
  return [BEGIN, ...lines, END].join('\r\n');
}

function unarmour(message: string): Buffer {
  const begin = message.indexOf(BEGIN);
  if (begin < 0) throw new EnvelopeError('no-begin-tag');
  const end = message.indexOf(END, begin);
  if (end < 0) throw new EnvelopeError('no-end-tag');
  const text = message.slice(begin + BEGIN.length, end).replace(/\s+/g, '');
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw new EnvelopeError('not-base64');
  return Buffer.from(text, 'base64');
}
