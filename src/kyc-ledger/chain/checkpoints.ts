import { Inject, Injectable } from '@nestjs/common';
import { Database, databaseTime, type TransactionHook } from '../../platform/database';
import type { LedgerCheckpoint } from '../events/ledger.entity';
import { type LedgerSettings, ledgerSettings } from '../ledger.settings';
import { CHECKPOINT_EVENT } from '../submissions/submission-state';
import { BEGINNING, ChainEvents } from './chain-events';
import { LedgerSigner, type SignedCheckpoint, type SignedEnd } from './checkpoint';
import { CheckpointMemory } from './checkpoint-memory';

/** A chain's end, and what it has to go on from. */
interface Head {
  readonly businessUnit: string;
  readonly seq: number;
  readonly hash: string;
  /** The newest end that was signed with the present key; undefined where there is none. */
  readonly base: SignedEnd | undefined;
  /** A checkpoint of this end is kept already, signed with another key. */
  readonly signedBefore: boolean;
  /** Whether the event that has to follow the base is not there. */
  readonly isCut: boolean;
  /** How long the oldest event after the base waits, but for those that tell of checkpoints; null when there is no other. */
  readonly waitingSeconds: number | null;
}

interface HeadRow {
  readonly business_unit: string;
  readonly seq: string;
  readonly hash: string;
  readonly signed_before: boolean;
  readonly is_cut: boolean;
  readonly waiting_seconds: number | null;
}

type CheckpointRow = Omit<LedgerCheckpoint, 'businessUnit'>;

/** Signs the ends of chains, every so many events or seconds, and tells the world outside the database. */
@Injectable()
export class Checkpoints {
  readonly #broken = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly events: ChainEvents,
    private readonly signer: LedgerSigner,
    @Inject(ledgerSettings.token) private readonly settings: LedgerSettings,
    private readonly memory: CheckpointMemory,
  ) {}

  /**
   * Signs every chain that is due; returns what it signed. Safe to run in many processes at once.
   * @param alongside is called once for each checkpoint that is kept
   */
  async signDue(alongside: TransactionHook<SignedCheckpoint>): Promise<SignedCheckpoint[]> {
    const faults = await this.memory.compare();
    for (const fault of faults.values()) this.memory.outside.broken(fault);
    const signed: SignedCheckpoint[] = [];
    for (const head of await this.#unsigned()) {
      if (faults.has(head.businessUnit) || head.signedBefore || !this.#isDue(head)) continue;
      const checkpoint = await this.#sign(head, alongside);
      if (checkpoint !== null) signed.push(checkpoint);
    }
    return signed;
  }

  /** Whether every chain goes on from what was signed of it, as far as this process knows. */
  async hold(): Promise<boolean> {
    return this.#broken.size === 0 && (await this.memory.compare()).size === 0;
  }

  /** A checkpoint of the chain's end as it is now; null for a chain that is empty or does not hold. */
  async ofEnd(businessUnit: string): Promise<SignedCheckpoint | null> {
    const fault = (await this.memory.compare()).get(businessUnit);
    if (fault !== undefined) {
      this.memory.outside.broken(fault);
      return null;
    }
    const head = (await this.#unsigned()).find((unit) => unit.businessUnit === businessUnit);
    if (head !== undefined) return this.#sign(head);
    const newest = this.memory.newest(businessUnit);
    return newest?.reason === undefined ? (newest ?? null) : null;
  }

  /** Every checkpoint of a unit, oldest first. */
  async all(businessUnit: string): Promise<SignedCheckpoint[]> {
    const rows = await this.database.query<CheckpointRow>(
      `SELECT seq, hash, at, key_id AS "keyId", signature FROM ledger_checkpoint WHERE business_unit = $1 ORDER BY seq`,
      [businessUnit],
    );
    return rows.map((row) => signedEnd(businessUnit, row));
  }

  /** Every end of a unit's chain that an operator accepted after a restore, oldest first. */
  async restores(businessUnit: string): Promise<SignedEnd[]> {
    const rows = await this.database.query<CheckpointRow & { readonly reason: string }>(
      `SELECT seq, hash, at, key_id AS "keyId", signature, reason FROM ledger_restore WHERE business_unit = $1 ORDER BY at`,
      [businessUnit],
    );
    return rows.map((row) => ({ ...signedEnd(businessUnit, row), reason: row.reason }));
  }

  /**
   * What should follow the base and is not there cannot become due: that is a fault, and told at once. Events that tell of checkpoints
   * alone are no reason for another one.
   */
  #isDue({ seq, base, isCut, waitingSeconds }: Head): boolean {
    if (isCut || waitingSeconds === null) return isCut;
    const { LEDGER_CHECKPOINT_EVENTS: many, LEDGER_CHECKPOINT_SECONDS: long } = this.settings.values;
    return seq - (base?.seq ?? 0) >= many || waitingSeconds >= long;
  }

  /** Chains of whose recorded end there is no checkpoint under the present key: they went on, or they do not hold. */
  async #unsigned(): Promise<Head[]> {
    const bases = new Map<string, SignedEnd>();
    const units = await this.database.query<{ business_unit: string }>(
      'SELECT business_unit FROM ledger_head',
    );
    for (const { business_unit: unit } of units) {
      const newest = this.memory.newest(unit);
      // What another key signed is compared, but nothing is built on it: who holds that key is not known here.
      if (newest !== undefined && this.signer.signed(newest)) bases.set(unit, newest);
    }
    const rows = await this.database.query<HeadRow>(
      `SELECT h.business_unit, h.seq, encode(h.hash, 'hex') AS hash,
              EXISTS (SELECT FROM ledger_checkpoint c
                WHERE c.business_unit = h.business_unit AND c.seq = h.seq AND c.hash = h.hash) AS signed_before,
              NOT EXISTS (SELECT FROM kyc_event e
                WHERE e.business_unit = h.business_unit AND e.seq = coalesce(b.seq, 0) + 1) AS is_cut,
              (SELECT extract(epoch FROM clock_timestamp() - e.at)::float FROM kyc_event e
                WHERE e.business_unit = h.business_unit AND e.seq > coalesce(b.seq, 0) AND e.type <> '${CHECKPOINT_EVENT}'
                ORDER BY e.seq LIMIT 1) AS waiting_seconds
         FROM ledger_head h
         LEFT JOIN jsonb_to_recordset($1) AS b (unit text, seq bigint, hash text, restored boolean) ON b.unit = h.business_unit
        WHERE h.seq > 0 AND (h.seq <> coalesce(b.seq, 0) OR encode(h.hash, 'hex') <> b.hash OR b.restored)`,
      [
        JSON.stringify(
          [...bases.values()].map(({ businessUnit: unit, seq, hash, reason }) => ({
            unit,
            seq,
            hash,
            restored: reason !== undefined,
          })),
        ),
      ],
    );
    return rows.map((row) => ({
      businessUnit: row.business_unit,
      seq: Number(row.seq),
      hash: row.hash,
      base: bases.get(row.business_unit),
      signedBefore: row.signed_before,
      isCut: row.is_cut,
      waitingSeconds: row.waiting_seconds,
    }));
  }

  /** Only what holds is signed: a signature over an edited chain would vouch for the edit. */
  async #sign(
    head: Head,
    alongside: TransactionHook<SignedCheckpoint> = () => Promise.resolve(),
  ): Promise<SignedCheckpoint | null> {
    const { businessUnit, seq, hash, signedBefore } = head;
    const fault = await this.events.faultBetween(businessUnit, head.base ?? BEGINNING, head);
    if (fault !== null) {
      this.#broken.add(businessUnit);
      this.memory.outside.broken(fault);
      return null;
    }
    this.#broken.delete(businessUnit);
    const at = (await databaseTime(this.database)).toISOString();
    const checkpoint = this.signer.end({ businessUnit, seq, hash, at });
    // The key was rotated and nothing happened since: what is handed out is signed with the present one, and kept nowhere.
    if (signedBefore) return checkpoint;
    const { keyId, signature } = checkpoint;
    await this.database.transaction(async (tx) => {
      const kept = await tx.query(
        `INSERT INTO ledger_checkpoint (business_unit, seq, hash, at, key_id, signature)
          VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING seq`,
        [businessUnit, seq, Buffer.from(hash, 'hex'), at, keyId, Buffer.from(signature, 'hex')],
      );
      if (kept.length > 0) await alongside(tx, checkpoint);
    });
    // Stored first: what the world outside knows of must be on disk here. Of two signers at once both may tell of it.
    this.memory.remember(checkpoint);
    await this.memory.outside.publish(checkpoint);
    return checkpoint;
  }
}

function signedEnd(businessUnit: string, row: CheckpointRow): SignedCheckpoint {
  return {
    businessUnit,
    seq: Number(row.seq),
    hash: row.hash.toString('hex'),
    at: row.at.toISOString(),
    keyId: row.keyId,
    signature: row.signature.toString('hex'),
  };
}
