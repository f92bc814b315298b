import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import type { EventBody, VaultReference } from '../events/event';
import { type ExaminedEntry, PersonVault } from '../people/person-vault';
import { ChainEvents, type ChainEvent, faultOf, GENESIS } from './chain-events';
import { isGenuine, keyIdOf, LedgerSigner, type OutsideEnd, type SignedEnd } from './checkpoint';
import { Checkpoints } from './checkpoints';

/** Something that is not as it was written. */
export interface Defect {
  readonly businessUnit: string;
  /** The event it is about; null when it is about the chain as a whole. */
  readonly seq: number | null;
  readonly what: string;
}

export interface VerificationReport {
  readonly events: number;
  readonly findings: readonly Defect[];
  /** Checkpoints in the database whose key is not at hand: of them only the hash is compared. */
  readonly foreignCheckpoints: number;
  /** Ends that operators accepted after a restore. */
  readonly restores: readonly SignedEnd[];
  /** Checkpoints from before an accepted restore that the chain does not meet: what they signed was given up then. */
  readonly givenUp: number;
  /** Ids of keys that were not given, by which checkpoints from outside would have to be judged. */
  readonly missingKeys: readonly string[];
}

const NOT_OURS = 'its checkpoint was not signed by us';
/** Whose an event's checkpoint is that no unit's name fits. */
const NO_UNIT = 'no unit';

/** Told now and then how far it is. */
type Progress = (businessUnit: string, done: number, total: number) => void;

/** One chain that is being followed. */
interface Walk {
  readonly businessUnit: string;
  /** What the event with this `seq` must have for a hash, by every checkpoint. */
  readonly signed: ReadonlyMap<number, readonly string[]>;
  /** The same of checkpoints that an accepted restore overtook: the chain need not meet them. */
  readonly overtaken: ReadonlyMap<number, readonly string[]>;
  givenUp: number;
  readonly findings: Defect[];
  seq: number;
  hash: Buffer;
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
    const units = await this.database.query<{ business_unit: string }>(
      'SELECT business_unit FROM ledger_head UNION SELECT DISTINCT business_unit FROM kyc_event ORDER BY 1',
    );
    const named = new Set([
      ...units.map((row) => row.business_unit),
      ...outside.flatMap(({ businessUnit }) => businessUnit ?? []),
    ]);
    const ends = outside.map((end) => attributed(end, named, keys));
    const reports: Omit<VerificationReport, 'missingKeys'>[] = [];
    for (const unit of named) {
      const mine = ends.filter(({ businessUnit }) => businessUnit === unit);
      reports.push(await this.#unit(unit, mine, keys, progress));
    }
    const unattributed = ends.filter(
      ({ businessUnit, keyId }) => businessUnit === NO_UNIT && keys.has(keyId),
    );
    return {
      events: reports.reduce((sum, { events }) => sum + events, 0),
      findings: [
        ...reports.flatMap(({ findings }) => findings),
        ...unattributed.map(({ businessUnit, seq }) => ({ businessUnit, seq, what: NOT_OURS })),
      ],
      foreignCheckpoints: reports.reduce((sum, one) => sum + one.foreignCheckpoints, 0),
      restores: reports.flatMap(({ restores }) => restores),
      givenUp: reports.reduce((sum, one) => sum + one.givenUp, 0),
      missingKeys: [...new Set(ends.map(({ keyId }) => keyId))].filter((keyId) => !keys.has(keyId)),
    };
  }

  async #unit(
    businessUnit: string,
    outside: readonly SignedEnd[],
    keys: ReadonlyMap<string, KeyObject>,
    progress: Progress,
  ): Promise<Omit<VerificationReport, 'missingKeys'>> {
    const inside = [
      ...(await this.checkpoints.all(businessUnit)),
      ...(await this.checkpoints.restores(businessUnit)),
    ];
    const isKnown = ({ keyId }: SignedEnd): boolean => keys.has(keyId);
    const findings: Defect[] = [];
    const genuine: SignedEnd[] = [];
    for (const end of [...inside, ...outside]) {
      const key = keys.get(end.keyId);
      if (key === undefined) continue;
      if (isGenuine(end, key)) genuine.push(end);
      else findings.push({ businessUnit, seq: end.seq, what: NOT_OURS });
    }
    const restores = oncePerMoment(genuine.filter(({ reason }) => reason !== undefined));
    const isOvertaken = (end: SignedEnd): boolean => restores.some(({ at }) => end.at < at);
    const kept = new Set(inside.filter(isKnown).map(({ seq }) => seq));
    const judged = outside.filter(isKnown);
    for (const end of judged)
      if (!kept.has(end.seq) && !isOvertaken(end))
        findings.push({ businessUnit, seq: end.seq, what: 'its checkpoint is missing in the database' });
    // Also one whose signature nobody can check here: the chain and it cannot both be as they were written.
    const ends = [...inside, ...judged];
    const signed = hashesBySeq(ends.filter((end) => !isOvertaken(end)));
    const overtaken = hashesBySeq(ends.filter(isOvertaken));
    const walk: Walk = { businessUnit, signed, overtaken, givenUp: 0, findings, seq: 0, hash: GENESIS };
    await this.#walk(walk, progress);
    for (const seq of signed.keys())
      if (seq > walk.seq)
        findings.push({ businessUnit, seq, what: `it was signed, but the chain ends at event ${walk.seq}` });
    const lost = [...overtaken.keys()].filter((seq) => seq > walk.seq).length;
    return {
      events: walk.seq,
      findings,
      foreignCheckpoints: inside.filter((one) => !isKnown(one)).length,
      restores,
      givenUp: walk.givenUp + lost,
    };
  }

  /** Until the end of the chain, also of one that grows meanwhile. */
  async #walk(walk: Walk, progress: Progress): Promise<void> {
    const { businessUnit, findings } = walk;
    for (;;) {
      const before = walk.seq;
      const { seq: total } = await this.#head(businessUnit);
      for await (const page of this.events.pages(businessUnit, walk.seq, Number.MAX_SAFE_INTEGER)) {
        // What an event that was changed says of personal data is worth nothing.
        const sound = page.filter((event) => follow(walk, event));
        findings.push(...(await this.#personalData(businessUnit, sound)));
        progress(businessUnit, walk.seq, Math.max(total, walk.seq));
      }
      const head = await this.#head(businessUnit);
      if (head.seq > walk.seq && walk.seq > before) continue;
      if (head.seq !== walk.seq || !head.hash.equals(walk.hash))
        findings.push({
          businessUnit,
          seq: null,
          what: 'the recorded end of the chain is not its last event',
        });
      return;
    }
  }

  async #head(businessUnit: string): Promise<{ readonly seq: number; readonly hash: Buffer }> {
    const [row] = await this.database.query<{ seq: string; hash: Buffer }>(
      'SELECT seq, hash FROM ledger_head WHERE business_unit = $1',
      [businessUnit],
    );
    return row === undefined ? { seq: 0, hash: GENESIS } : { seq: Number(row.seq), hash: row.hash };
  }

  /** Personal data is not in the chain, its digest is. Of erased people the ciphertext is still there, unreadable. */
  async #personalData(businessUnit: string, page: readonly ChainEvent[]): Promise<Defect[]> {
    const brought = page.flatMap(({ seq, body }) =>
      body.vault.map((reference) => ({ seq, body, reference })),
    );
    if (brought.length === 0) return [];
    const kept = await this.vault.examine(
      businessUnit,
      brought.map(({ reference }) => reference),
    );
    return brought.flatMap(({ seq, body, reference }) => {
      const what = faultOfEntry(kept.get(reference.id), reference, body);
      return what === null
        ? []
        : [{ businessUnit, seq, what: `the personal data it brought (${reference.name}) ${what}` }];
    });
  }
}

/** With the unit whose name makes the signature genuine, where the end does not say whose it is. */
function attributed(
  { businessUnit, ...end }: OutsideEnd,
  units: ReadonlySet<string>,
  keys: ReadonlyMap<string, KeyObject>,
): SignedEnd {
  const key = keys.get(end.keyId);
  const fits = (unit: string): boolean => key !== undefined && isGenuine({ ...end, businessUnit: unit }, key);
  return { ...end, businessUnit: businessUnit ?? [...units].find(fits) ?? NO_UNIT };
}

function faultOfEntry(
  entry: ExaminedEntry | undefined,
  { name, sealedSha256 }: VaultReference,
  { at, personId, data }: EventBody,
): string | null {
  if (entry === undefined) return 'is missing';
  const same =
    entry.personId === (data.owner ?? personId) &&
    entry.name === name &&
    entry.sealedSha256 === sealedSha256 &&
    entry.createdAt.getTime() === at.getTime();
  if (!same) return 'was changed';
  return entry.opens === false ? 'does not open for the person it is kept for' : null;
}

/** A restore may be told of in the database, the file and the log. */
function oncePerMoment(restores: readonly SignedEnd[]): SignedEnd[] {
  return [...new Map(restores.map((end) => [end.at, end])).values()];
}

function hashesBySeq(ends: readonly SignedEnd[]): ReadonlyMap<number, readonly string[]> {
  const hashes = new Map<number, string[]>();
  for (const { seq, hash } of ends) if (seq > 0) hashes.set(seq, [...(hashes.get(seq) ?? []), hash]);
  return hashes;
}

/** Whether the event is as it was written. */
function follow(walk: Walk, event: ChainEvent): boolean {
  const { businessUnit, findings } = walk;
  const what = faultOf(event, walk.seq + 1, walk.hash);
  if (what !== null) findings.push({ businessUnit, seq: event.seq, what });
  const hash = event.hash.toString('hex');
  if (walk.signed.get(event.seq)?.some((signed) => signed !== hash))
    findings.push({ businessUnit, seq: event.seq, what: 'it is not the one that was signed' });
  if (walk.overtaken.get(event.seq)?.some((signed) => signed !== hash)) walk.givenUp += 1;
  walk.seq = event.seq;
  walk.hash = event.hash;
  return what === null;
}
