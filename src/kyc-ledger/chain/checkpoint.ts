import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import canonicalize from 'canonicalize';
import type { LoadedSettings } from '../../platform/config';
import { cryptoSettings, sha256 } from '../../platform/crypto';
import { CHECKPOINT_EVENT } from '../submissions/submission-state';

/** The end of a unit's chain at one moment. `hash` in lower-case hex, `at` ISO 8601, `keyId` of the key that signed. */
export interface Checkpoint {
  readonly businessUnit: string;
  readonly seq: number;
  readonly hash: string;
  readonly at: string;
  readonly keyId: string;
}

/** `signature`: Ed25519 in lower-case hex. */
export interface SignedCheckpoint extends Checkpoint {
  readonly signature: string;
}

/** A signed end of a chain: a checkpoint, or with a `reason` an end that an operator accepted after a restore. */
export interface SignedEnd extends SignedCheckpoint {
  readonly reason?: string;
}

/** A signed end that was kept elsewhere. The unit's own events do not name the unit: the signature covers its name. */
export type OutsideEnd = Omit<SignedEnd, 'businessUnit'> & { readonly businessUnit?: string };

/** What the log says of them. */
export const CHECKPOINT_MESSAGE = 'ledger checkpoint';
export const RESTORE_MESSAGE = 'ledger restore accepted';

type SignedType = 'kyc-ledger-checkpoint' | 'kyc-ledger-restore' | 'kyc-ledger-export';

/** What is signed: the RFC 8785 form, with a type in it so that a signature can stand for nothing else. */
function signedBytes(type: SignedType, content: object): Buffer {
  const text = canonicalize({ type, version: 1, ...content });
  if (text === undefined) throw new Error('an object has a canonical form');
  return Buffer.from(text);
}

/** The first 16 hex digits of the SHA-256 of the public key (SPKI, DER). */
export function keyIdOf(publicKey: KeyObject): string {
  return sha256(publicKey.export({ type: 'spki', format: 'der' }))
    .toString('hex')
    .slice(0, 16);
}

export function isGenuine({ signature, ...end }: SignedEnd, publicKey: KeyObject): boolean {
  return verify(null, signedBytes(typeOf(end), end), publicKey, Buffer.from(signature, 'hex'));
}

function typeOf({ reason }: Pick<SignedEnd, 'reason'>): SignedType {
  return reason === undefined ? 'kyc-ledger-checkpoint' : 'kyc-ledger-restore';
}

const SHAPES = {
  businessUnit: /^[a-z0-9-]+$/,
  hash: /^[0-9a-f]{64}$/,
  at: /^\d{4}-.*Z$/,
  keyId: /^[0-9a-f]{16}$/,
  signature: /^[0-9a-f]{128}$/,
} as const;

/**
 * A signed end as it was kept outside: a line of the checkpoint file or of the log, an event of the unit's feed or the body of a webhook.
 * Null for another line of the log or another event.
 * @throws Error for a line that is none of them
 */
export function readOutsideEnd(line: string): OutsideEnd | null {
  const { type, data } = JSON.parse(line) as { readonly type?: unknown; readonly data?: unknown };
  if (typeof type !== 'string') return readCheckpoint(line);
  if (type !== CHECKPOINT_EVENT) return null;
  const { checkpoint } = (data ?? {}) as { readonly checkpoint?: Readonly<Record<string, unknown>> };
  const { businessUnit: _, ...end } = endIn({ ...checkpoint, businessUnit: 'unnamed' });
  return end;
}

/**
 * A signed end as this program writes it outside the database: a line of the checkpoint file, or of the log, where time and level stand
 * beside it. Null for another line of the log.
 * @throws Error for a line that is neither
 */
export function readCheckpoint(line: string): SignedEnd | null {
  const found = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const { msg } = found;
  if (typeof msg === 'string' && msg !== CHECKPOINT_MESSAGE && msg !== RESTORE_MESSAGE) return null;
  return endIn(found);
}

function endIn(found: Readonly<Record<string, unknown>>): SignedEnd {
  const { reason } = found;
  const seq = found['seq'];
  const text = (name: keyof typeof SHAPES): string => {
    const value = found[name];
    if (typeof value !== 'string' || !SHAPES[name].test(value)) throw new Error('a line holds no checkpoint');
    return value;
  };
  if (!Number.isSafeInteger(seq)) throw new Error('a line holds no checkpoint');
  return {
    businessUnit: text('businessUnit'),
    seq: Number(seq),
    hash: text('hash'),
    at: text('at'),
    keyId: text('keyId'),
    signature: text('signature'),
    ...(typeof reason === 'string' ? { reason } : {}),
  };
}

/** Signs with `LEDGER_SIGNING_KEY` (Ed25519, RFC 8032). */
@Injectable()
export class LedgerSigner {
  readonly publicKey: KeyObject;
  readonly keyId: string;
  readonly #privateKey: KeyObject;

  constructor(@Inject(cryptoSettings.token) settings: LoadedSettings<typeof cryptoSettings>) {
    this.#privateKey = createPrivateKey(settings.values.LEDGER_SIGNING_KEY.reveal());
    this.publicKey = createPublicKey(this.#privateKey);
    this.keyId = keyIdOf(this.publicKey);
  }

  /** @param reason why an operator accepts the end; none makes it a checkpoint */
  end(head: Omit<Checkpoint, 'keyId'>, reason?: string): SignedEnd {
    const { businessUnit, seq, hash, at } = head;
    const end = {
      businessUnit,
      seq,
      hash,
      at,
      keyId: this.keyId,
      ...(reason === undefined ? {} : { reason }),
    };
    return { ...end, signature: this.#sign(signedBytes(typeOf(end), end)) };
  }

  /** Whether it was signed with this very key, whose id the signature covers. */
  signed(end: SignedEnd): boolean {
    return isGenuine(end, this.publicKey);
  }

  /** Binds everything an export says to its checkpoint. @param contentSha256 of all lines before the last, in hex */
  export(checkpoint: SignedCheckpoint, contentSha256: string): string {
    return this.#sign(signedBytes('kyc-ledger-export', { checkpoint, contentSha256 }));
  }

  #sign(bytes: Buffer): string {
    return sign(null, bytes, this.#privateKey).toString('hex');
  }
}
