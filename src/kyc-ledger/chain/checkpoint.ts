import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { LoadedSettings } from '../../platform/config';
import { cryptoSettings, sha256 } from '../../platform/crypto';
import { canonical } from '../events/event';
import { CHECKPOINT_EVENT } from '../submissions/submission-state';

const SIGNED_END = z.object({
  businessUnit: z.string().regex(/^[a-z0-9-]+$/),
  seq: z.int(),
  /** Lower-case hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** ISO 8601. */
  at: z.string().regex(/^\d{4}-.*Z$/),
  /** Of the key that signed. */
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  /** Ed25519 in lower-case hex. */
  signature: z.string().regex(/^[0-9a-f]{128}$/),
  /** Why an operator accepted the end after a restore; checkpoints have none. */
  reason: z.string().optional().catch(undefined),
});
const UNNAMED_END = SIGNED_END.omit({ businessUnit: true });

/** The end of a unit's chain at one moment, signed: a checkpoint, or an end that an operator accepted after a restore. */
export type SignedEnd = Readonly<z.infer<typeof SIGNED_END>>;

/** A signed end that was kept elsewhere. The unit's own events do not name the unit: the signature covers its name. */
export type OutsideEnd = Omit<SignedEnd, 'businessUnit'> & Partial<Pick<SignedEnd, 'businessUnit'>>;

/** What the log says of them. */
export const CHECKPOINT_MESSAGE = 'ledger checkpoint';
export const RESTORE_MESSAGE = 'ledger restore accepted';

type SignedType = 'kyc-ledger-checkpoint' | 'kyc-ledger-restore' | 'kyc-ledger-export';

/** What is signed: the RFC 8785 form, with a type in it so that a signature can stand for nothing else. */
function signedBytes(type: SignedType, content: object): Buffer {
  return Buffer.from(canonical({ type, version: 1, ...content }));
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

/**
 * A signed end as it was kept outside: a line of the checkpoint file or of the log, an event of the unit's feed or the body of a webhook.
 * Null for another line of the log or another event.
 * @throws Error for a line that is none of them
 */
export function readOutsideEnd(line: string): OutsideEnd | null {
  const { type, data } = JSON.parse(line) as { readonly type?: unknown; readonly data?: unknown };
  if (typeof type !== 'string') return readCheckpoint(line);
  if (type !== CHECKPOINT_EVENT) return null;
  return endIn(UNNAMED_END, (data as { readonly checkpoint?: unknown } | null | undefined)?.checkpoint);
}

/**
 * A signed end as this program writes it outside the database: a line of the checkpoint file, or of the log, where time and level stand
 * beside it. Null for another line of the log.
 * @throws Error for a line that is neither
 */
export function readCheckpoint(line: string): SignedEnd | null {
  const found = JSON.parse(line) as { readonly msg?: unknown };
  const { msg } = found;
  if (typeof msg === 'string' && msg !== CHECKPOINT_MESSAGE && msg !== RESTORE_MESSAGE) return null;
  return endIn(SIGNED_END, found);
}

function endIn<T>(shape: z.ZodType<T>, found: unknown): T {
  const { data } = shape.safeParse(found);
  if (data === undefined) throw new Error('a line holds no checkpoint');
  return data;
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
  end(head: Omit<SignedEnd, 'keyId' | 'signature' | 'reason'>, reason?: string): SignedEnd {
    const { businessUnit, seq, hash, at } = head;
    const accepted = reason === undefined ? {} : { reason };
    const end = { businessUnit, seq, hash, at, keyId: this.keyId, ...accepted };
    return { ...end, signature: this.#sign(signedBytes(typeOf(end), end)) };
  }

  /** Whether it was signed with this very key, whose id the signature covers. */
  signed(end: SignedEnd): boolean {
    return isGenuine(end, this.publicKey);
  }

  /** Binds everything an export says to its checkpoint. @param contentSha256 of all lines before the last, in hex */
  export(checkpoint: SignedEnd, contentSha256: string): string {
    return this.#sign(signedBytes('kyc-ledger-export', { checkpoint, contentSha256 }));
  }

  #sign(bytes: Buffer): string {
    return sign(null, bytes, this.#privateKey).toString('hex');
  }
}
