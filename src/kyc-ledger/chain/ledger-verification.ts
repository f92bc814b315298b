import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import { PersonVault } from '../people/person-vault';
import { type ChainEvent, ChainEvents, type ChainFault, faultOf, GENESIS } from './chain-events';
import { isGenuine, keyIdOf, LedgerSigner, type OutsideEnd, type SignedEnd } from './checkpoint';
import { Checkpoints } from './checkpoints';

export interface VerificationReport {
  events: number;
  readonly findings: ChainFault[];
  /** Checkpoints in the database whose key is not at hand: of them only the hash is compared. */
  foreignCheckpoints: number;
  /** Ends that operators accepted after a restore. */
  readonly restores: SignedEnd[];
  /** Events that were signed before an accepted restore, and are lost or others now. */
  givenUp: number;
  /** Ids of keys that were not given, by which checkpoints from outside would have to be judged. */
  readonly missingKeys: readonly string[];
}

const NOT_OURS = 'its checkpoint was not signed by us';
/** Whose an event's checkpoint is that no unit's name fits. */
const NO_UNIT = 'no unit';

/** Told now and then how far it is. */
type Progress = (businessUnit: string, done: number, total: number) => void;

type Keys = ReadonlyMap<string, KeyObject>;

/** Signed ends by the `seq` of their event. */
type EndsBySeq = ReadonlyMap<number, readonly SignedEnd[]>;

interface SignedEnds {
  /** What the chain must meet. */
  readonly valid: EndsBySeq;
  /** What was signed before an accepted restore: the chain need not meet it. */
  readonly overtaken: EndsBySeq;
}

/** Goes through the chains in the database: every event, its place, its personal data, the end, and all checkpoints. */
@Injectable()
export class LedgerVerification {
  constructor(
    private readonly database: Database,
    private readonly events: ChainEvents,
    private readonly checkpoints: Checkpoints,
    private readonly signer: LedgerSigner,
    private readonly vault: PersonVault,
  ) {}

  /**
   * @param outside checkpoints and accepted restores kept outside the database: only they can tell of a chain that was cut together with its checkpoints
   * @param earlier public keys that signed before the present one
   */
  async run(
    outside: readonly OutsideEnd[],
    earlier: readonly KeyObject[],
    progress: Progress,
  ): Promise<VerificationReport> {
    const keys = new Map([...earlier, this.signer.publicKey].map((key) => [keyIdOf(key), key]));
    const rows = await this.database.query<{ unit: string }>(
      'SELECT business_unit AS unit FROM ledger_head UNION SELECT DISTINCT business_unit FROM kyc_event ORDER BY 1',
    );
    const units = new Set([
      ...rows.map(({ unit }) => unit),
      ...outside.flatMap(({ businessUnit }) => businessUnit ?? []),
    ]);
    const ends = outside.map((end) => attributed(end, units, keys));
    const missingKeys = [...new Set(ends.map(({ keyId }) => keyId))].filter((keyId) => !keys.has(keyId));
    const report = { events: 0, findings: [], foreignCheckpoints: 0, restores: [], givenUp: 0, missingKeys };
    for (const unit of units) {
      const own = ends.filter(({ businessUnit }) => businessUnit === unit);
      await this.#walk(unit, await this.#signed(unit, own, keys, report), report, progress);
    }
    const ofNoUnit = ends.filter(({ businessUnit }) => businessUnit === NO_UNIT);
    genuineOf(ofNoUnit, keys, report);
    return report;
  }

  async #signed(
    businessUnit: string,
    outside: readonly SignedEnd[],
    keys: Keys,
    report: VerificationReport,
  ): Promise<SignedEnds> {
    const inside = await this.checkpoints.all(businessUnit);
    const known = inside.filter(({ keyId }) => keys.has(keyId));
    report.foreignCheckpoints += inside.length - known.length;
    const genuine = genuineOf([...inside, ...outside], keys, report);
    // A restore may be told of in the database, the file and the log.
    const restores = new Map(
      genuine.filter(({ reason }) => reason !== undefined).map((end) => [end.at, end]),
    );
    report.restores.push(...restores.values());
    const isOvertaken = ({ at }: SignedEnd): boolean =>
      [...restores.keys()].some((accepted) => at < accepted);
    const given = outside.filter((end) => keys.has(end.keyId) && !isOvertaken(end));
    const kept = new Set(known.map(({ seq }) => seq));
    for (const { seq } of given)
      if (!kept.has(seq))
        report.findings.push({ businessUnit, seq, what: 'its checkpoint is missing in the database' });
    // Also one whose signature nobody can check here: the chain and it cannot both be as they were written.
    const valid = [...inside.filter((end) => !isOvertaken(end)), ...given];
    return { valid: bySeq(valid), overtaken: bySeq(genuine.filter(isOvertaken)) };
  }

  /** Until the end of the chain, also of one that grows meanwhile. */
  async #walk(
    businessUnit: string,
    { valid, overtaken }: SignedEnds,
    report: VerificationReport,
    progress: Progress,
  ): Promise<void> {
    const found = (seq: number | null, what: string): void =>
      void report.findings.push({ businessUnit, seq, what });
    let [last, hash]: [number, Buffer] = [0, GENESIS];
    for (;;) {
      const before = last;
      const { seq: total } = await this.#head(businessUnit);
      for await (const page of this.events.pages(businessUnit, last, Number.MAX_SAFE_INTEGER)) {
        const sound: ChainEvent[] = [];
        for (const event of page) {
          const what = faultOf(event, last + 1, hash);
          // What an event that was changed says of personal data is worth nothing.
          if (what === null) sound.push(event);
          else found(event.seq, what);
          const own = event.hash.toString('hex');
          const isOther = (end: SignedEnd): boolean => end.hash !== own;
          if (valid.get(event.seq)?.some(isOther)) found(event.seq, 'it is not the one that was signed');
          if (overtaken.get(event.seq)?.some(isOther)) report.givenUp += 1;
          [last, hash] = [event.seq, event.hash];
        }
        report.findings.push(...(await this.#personalData(businessUnit, sound)));
        progress(businessUnit, last, Math.max(total, last));
      }
      const head = await this.#head(businessUnit);
      if (head.seq > last && last > before) continue;
      if (head.seq !== last || !head.hash.equals(hash))
        found(null, 'the recorded end of the chain is not its last event');
      break;
    }
    for (const seq of valid.keys())
      if (seq > last) found(seq, `it was signed, but the chain ends at event ${last}`);
    for (const seq of overtaken.keys()) if (seq > last) report.givenUp += 1;
    report.events += last;
  }

  async #head(businessUnit: string): Promise<{ readonly seq: number; readonly hash: Buffer }> {
    const [row] = await this.database.query<{ seq: string; hash: Buffer }>(
      'SELECT seq, hash FROM ledger_head WHERE business_unit = $1',
      [businessUnit],
    );
    return row === undefined ? { seq: 0, hash: GENESIS } : { seq: Number(row.seq), hash: row.hash };
  }

  /** Personal data is not in the chain, its digest is. Of erased people the ciphertext is still there, unreadable. */
  async #personalData(businessUnit: string, page: readonly ChainEvent[]): Promise<ChainFault[]> {
    const brought = page.flatMap(({ seq, body: { vault, data, personId, at } }) =>
      vault.map((reference) => ({ seq, reference, personId: data.owner ?? personId, at })),
    );
    const faults = await this.vault.faultsOf(businessUnit, brought);
    return brought.flatMap(({ seq, reference: { id, name } }) => {
      const what = faults.get(id);
      return what === undefined
        ? []
        : [{ businessUnit, seq, what: `the personal data it brought (${name}) ${what}` }];
    });
  }
}

/** With the unit whose name makes the signature genuine, where the end does not say whose it is. */
function attributed({ businessUnit, ...end }: OutsideEnd, units: ReadonlySet<string>, keys: Keys): SignedEnd {
  const key = keys.get(end.keyId);
  const fits = (unit: string): boolean => key !== undefined && isGenuine({ ...end, businessUnit: unit }, key);
  return { ...end, businessUnit: businessUnit ?? [...units].find(fits) ?? NO_UNIT };
}

/** Those that are genuine; what was signed by nobody with a known key is neither that nor a fault. */
function genuineOf(ends: readonly SignedEnd[], keys: Keys, { findings }: VerificationReport): SignedEnd[] {
  return ends.filter((end) => {
    const key = keys.get(end.keyId);
    if (key === undefined) return false;
    const genuine = isGenuine(end, key);
    if (!genuine) findings.push({ businessUnit: end.businessUnit, seq: end.seq, what: NOT_OURS });
    return genuine;
  });
}

/** Without those of the beginning, which no event has to meet. */
function bySeq(ends: readonly SignedEnd[]): EndsBySeq {
  return Map.groupBy(
    ends.filter(({ seq }) => seq > 0),
    ({ seq }) => seq,
  );
}
