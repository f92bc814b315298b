import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import { type LedgerSettings, ledgerSettings } from '../ledger.settings';
import { ChainEvents, faultOf, GENESIS } from './chain-events';
import { LedgerSigner, type SignedCheckpoint } from './checkpoint';
import { CheckpointPublisher } from './checkpoint-publisher';

/** A chain's end, and the newest checkpoint before it (`signedSeq` 0 when there is none). */
interface Head {
  readonly businessUnit: string;
  readonly seq: number;
  readonly hash: Buffer;
  readonly signedSeq: number;
  readonly signedHash: Buffer;
  /** When the oldest event without a checkpoint happened; null when it is not there. */
  readonly unsignedSince: Date | null;
}

interface HeadRow {
  readonly business_unit: string;
  readonly seq: string;
  readonly hash: Buffer;
  readonly signed_seq: string | null;
  readonly signed_hash: Buffer | null;
  readonly unsigned_since: Date | null;
}

interface CheckpointRow {
  readonly seq: string;
  readonly hash: Buffer;
  readonly at: Date;
  readonly key_id: string;
  readonly signature: Buffer;
}

/** Signs the ends of chains, every so many events or seconds, and tells the world outside the database. */
@Injectable()
export class Checkpoints {
  constructor(
    private readonly database: Database,
    private readonly events: ChainEvents,
    private readonly signer: LedgerSigner,
    @Inject(ledgerSettings.token) private readonly settings: LedgerSettings,
    private readonly outside: CheckpointPublisher,
  ) {}

  /** Signs every chain that is due at `now`; returns what it signed. Safe to run in many processes at once. */
  async signDue(now: Date): Promise<SignedCheckpoint[]> {
    const signed: SignedCheckpoint[] = [];
    for (const head of await this.#unsigned()) {
      if (!this.#isDue(head, now)) continue;
      const checkpoint = await this.#sign(head, now);
      if (checkpoint !== null) signed.push(checkpoint);
    }
    return signed;
  }

  /** A checkpoint of the chain's end as it is now; null for a chain that is empty or does not hold. */
  async ofEnd(businessUnit: string, now: Date): Promise<SignedCheckpoint | null> {
    const head = (await this.#unsigned()).find((unit) => unit.businessUnit === businessUnit);
    if (head !== undefined) return this.#sign(head, now);
    const last = (await this.all(businessUnit)).at(-1);
    if (last === undefined || last.keyId === this.signer.keyId) return last ?? null;
    // The key was rotated and nothing happened since: what we hand out is signed with the present one.
    const { seq, hash } = last;
    return this.signer.checkpoint({ businessUnit, seq, hash, at: now.toISOString() });
  }

  /** Every checkpoint of a unit, oldest first. */
  async all(businessUnit: string): Promise<SignedCheckpoint[]> {
    const rows = await this.database.query<CheckpointRow>(
      `SELECT seq, hash, at, key_id, signature FROM ledger_checkpoint WHERE business_unit = $1 ORDER BY seq`,
      [businessUnit],
    );
    return rows.map((row) => ({
      businessUnit,
      seq: Number(row.seq),
      hash: row.hash.toString('hex'),
      at: row.at.toISOString(),
      keyId: row.key_id,
      signature: row.signature.toString('hex'),
    }));
  }

  /** What should follow the last checkpoint and is not there cannot become due: that is a fault, and told at once. */
  #isDue({ seq, signedSeq, unsignedSince }: Head, now: Date): boolean {
    if (unsignedSince === null) return true;
    const { LEDGER_CHECKPOINT_EVENTS: many, LEDGER_CHECKPOINT_SECONDS: long } = this.settings.values;
    return seq - signedSeq >= many || now.getTime() - unsignedSince.getTime() >= long * 1_000;
  }

  /** Chains whose recorded end is not their newest checkpoint: they went on, or they do not hold. */
  async #unsigned(): Promise<Head[]> {
    const rows = await this.database.query<HeadRow>(
      `SELECT h.business_unit, h.seq, h.hash, c.seq AS signed_seq, c.hash AS signed_hash, e.at AS unsigned_since
         FROM ledger_head h
         LEFT JOIN LATERAL (SELECT seq, hash FROM ledger_checkpoint
           WHERE business_unit = h.business_unit ORDER BY seq DESC LIMIT 1) c ON true
         LEFT JOIN kyc_event e ON e.business_unit = h.business_unit AND e.seq = coalesce(c.seq, 0) + 1
        WHERE h.seq <> coalesce(c.seq, 0) OR h.hash <> c.hash`,
    );
    return rows.map((row) => ({
      businessUnit: row.business_unit,
      seq: Number(row.seq),
      hash: row.hash,
      signedSeq: Number(row.signed_seq ?? 0),
      signedHash: row.signed_hash ?? GENESIS,
      unsignedSince: row.unsigned_since,
    }));
  }

  /** Only what holds is signed: a signature over an edited chain would vouch for the edit. */
  async #sign(head: Head, now: Date): Promise<SignedCheckpoint | null> {
    const fault = await this.#fault(head);
    if (fault !== null) {
      this.outside.broken(head.businessUnit, fault.seq, fault.what);
      return null;
    }
    const { businessUnit, seq } = head;
    const checkpoint = this.signer.checkpoint({
      businessUnit,
      seq,
      hash: head.hash.toString('hex'),
      at: now.toISOString(),
    });
    await this.database.query(
      `INSERT INTO ledger_checkpoint (business_unit, seq, hash, at, key_id, signature)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
      [
        businessUnit,
        seq,
        head.hash,
        checkpoint.at,
        checkpoint.keyId,
        Buffer.from(checkpoint.signature, 'hex'),
      ],
    );
    // Stored first: what the world outside knows of must be on disk here. Of two signers at once both may tell of it.
    await this.outside.publish(checkpoint);
    return checkpoint;
  }

  async #fault(head: Head): Promise<{ readonly seq: number; readonly what: string } | null> {
    let previous = head.signedHash;
    let seq = head.signedSeq;
    for await (const page of this.events.pages(head.businessUnit, head.signedSeq, head.seq))
      for (const event of page) {
        seq += 1;
        const what = faultOf(event, seq, previous);
        if (what !== null) return { seq, what };
        previous = event.hash;
      }
    if (seq === head.seq && previous.equals(head.hash)) return null;
    return { seq: head.seq, what: 'the end of the chain is not its last event' };
  }
}
