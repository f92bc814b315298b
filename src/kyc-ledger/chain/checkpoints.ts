import { Inject, Injectable } from '@nestjs/common';
import { Database, databaseTime, type TransactionHook } from '../../platform/database';
import { type LedgerSettings, ledgerSettings } from '../ledger.settings';
import { CHECKPOINT_EVENT } from '../submissions/submission-state';
import { BEGINNING, ChainEvents, type ChainFault } from './chain-events';
import { LedgerSigner, type SignedEnd } from './checkpoint';
import { type ChainEnd, CheckpointMemory, SIGNED_END_COLUMNS } from './checkpoint-memory';

/** Whether the event that has to follow a place is there, and how long the oldest one waits that tells of no checkpoint, in seconds. */
const FOLLOWING = `
  SELECT EXISTS (SELECT FROM kyc_event WHERE business_unit = $1 AND seq = $2 + 1) AS "goesOn",
         (SELECT extract(epoch FROM clock_timestamp() - at)::float8 FROM kyc_event
           WHERE business_unit = $1 AND seq > $2 AND type <> '${CHECKPOINT_EVENT}' ORDER BY seq LIMIT 1) AS "waitingSeconds"`;

/** What became of the wish: the accepted ends, or why none was accepted. */
export interface Acceptance {
  readonly ends: readonly SignedEnd[];
  readonly fault: ChainFault | null;
}

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
   * Signs every chain that is due. Safe to run in many processes at once.
   * @param alongside is called once for each checkpoint that is kept
   */
  async signDue(alongside: TransactionHook<SignedEnd>): Promise<void> {
    for (const end of await this.memory.compare()) {
      const base = this.#base(end.businessUnit);
      if (end.fault !== null) this.memory.outside.broken(end.fault);
      // Since its end was read the chain went on, and was signed there.
      else if (base !== null && base.seq > end.seq) continue;
      else if (!end.isKept && (await this.#isDue(end, base))) await this.#sign(end, base, alongside);
    }
  }

  /** Whether every chain goes on from what was signed of it, as far as this process knows. */
  async hold(): Promise<boolean> {
    return this.#broken.size === 0 && (await this.memory.compare()).every(({ fault }) => fault === null);
  }

  /** A checkpoint of the chain's end as it is now; null for a chain that is empty or does not hold. */
  async ofEnd(businessUnit: string): Promise<SignedEnd | null> {
    const end = (await this.memory.compare()).find((unit) => unit.businessUnit === businessUnit);
    if (end === undefined || end.seq === 0) return null;
    if (end.fault !== null) {
      this.memory.outside.broken(end.fault);
      return null;
    }
    const base = this.#base(businessUnit);
    if (base !== null && base.seq > end.seq) return this.ofEnd(businessUnit);
    return isOf(end, base) ? base : this.#sign(end, base);
  }

  /** Every checkpoint of a unit, and every end that an operator accepted after a restore. */
  async all(businessUnit: string): Promise<SignedEnd[]> {
    const kept = (from: string): Promise<SignedEnd[]> =>
      this.database.query(
        `SELECT ${SIGNED_END_COLUMNS} ${from} e WHERE e.business_unit = $1 ORDER BY e.seq`,
        [businessUnit],
      );
    return [...(await kept('FROM ledger_checkpoint')), ...(await kept(', e.reason FROM ledger_restore'))];
  }

  /**
   * An operator's word that the chains are to go on from where they end now, after a restore from an older dump. It is signed and kept
   * beside the chain, in the checkpoint file and in the log: what was signed before and is lost stays provably lost.
   * @param only the one unit; undefined accepts the chains of all
   */
  async acceptRestore(only: string | undefined, reason: string): Promise<Acceptance> {
    const chains = await this.memory.compare();
    const wanted = chains.filter(({ businessUnit }) => only === undefined || businessUnit === only);
    for (const end of wanted) {
      const fault = await this.events.faultBetween(end.businessUnit, BEGINNING, end);
      if (fault !== null) return { ends: [], fault };
    }
    const ends: SignedEnd[] = [];
    for (const end of wanted) {
      const at = (await databaseTime(this.database)).toISOString();
      const accepted = this.signer.end({ ...end, at }, reason);
      await this.database.query(
        'INSERT INTO ledger_restore (business_unit, seq, hash, at, key_id, signature, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)',
        [...columns(accepted), reason],
      );
      await this.memory.outside.publish(accepted);
      ends.push(accepted);
    }
    return { ends, fault: null };
  }

  /**
   * What should follow the base and is not there cannot become due: that is a fault, and told at once. Events that tell of checkpoints
   * alone are no reason for another one.
   */
  async #isDue(end: ChainEnd, base: SignedEnd | null): Promise<boolean> {
    if (end.seq === 0 || isOf(end, base)) return false;
    const from = base?.seq ?? 0;
    const [following] = await this.database.query<{ goesOn: boolean; waitingSeconds: number | null }>(
      FOLLOWING,
      [end.businessUnit, from],
    );
    if (following?.goesOn !== true) return true;
    const { LEDGER_CHECKPOINT_EVENTS: many, LEDGER_CHECKPOINT_SECONDS: long } = this.settings.values;
    const { waitingSeconds } = following;
    return waitingSeconds !== null && (end.seq - from >= many || waitingSeconds >= long);
  }

  /** The newest end that the present key signed. What another key signed is compared, but nothing is built on it. */
  #base(businessUnit: string): SignedEnd | null {
    const newest = this.memory.newest(businessUnit);
    return newest !== undefined && this.signer.signed(newest) ? newest : null;
  }

  /** Only what holds is signed: a signature over an edited chain would vouch for the edit. */
  async #sign(
    end: ChainEnd,
    base: SignedEnd | null,
    alongside?: TransactionHook<SignedEnd>,
  ): Promise<SignedEnd | null> {
    const { businessUnit } = end;
    const fault = await this.events.faultBetween(businessUnit, base ?? BEGINNING, end);
    if (fault !== null) {
      this.#broken.add(businessUnit);
      this.memory.outside.broken(fault);
      return null;
    }
    this.#broken.delete(businessUnit);
    const checkpoint = this.signer.end({ ...end, at: (await databaseTime(this.database)).toISOString() });
    // The key was rotated and nothing happened since: what is handed out is signed with the present one, and kept nowhere.
    if (end.isKept) return checkpoint;
    await this.database.transaction(async (tx) => {
      const kept = await tx.query(
        `INSERT INTO ledger_checkpoint (business_unit, seq, hash, at, key_id, signature)
          VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING seq`,
        columns(checkpoint),
      );
      if (kept.length > 0) await alongside?.(tx, checkpoint);
    });
    // Stored first: what the world outside knows of must be on disk here. Of two signers at once both may tell of it.
    this.memory.remember(checkpoint);
    await this.memory.outside.publish(checkpoint);
    return checkpoint;
  }
}

/** Whether the base is a checkpoint of this very end. */
function isOf({ seq, hash }: ChainEnd, base: SignedEnd | null): boolean {
  return base?.seq === seq && base.hash === hash && base.reason === undefined;
}

/** As the tables of signed ends take them, a reason aside. */
function columns({ businessUnit, seq, hash, at, keyId, signature }: SignedEnd): unknown[] {
  return [businessUnit, seq, Buffer.from(hash, 'hex'), at, keyId, Buffer.from(signature, 'hex')];
}
