import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database';
import { bodyDigest, type EventBody } from '../events/event';
import type { KycEvent } from '../events/ledger.entity';

/** An event with its place in the chain, as the database holds it. */
export interface ChainEvent {
  readonly seq: number;
  readonly body: EventBody;
  readonly storedDigest: Buffer;
  readonly previousHash: Buffer;
  readonly hash: Buffer;
}

/** Something that is not as it was written. */
export interface ChainFault {
  readonly businessUnit: string;
  /** The event it is about; null where it is about the chain as a whole. */
  readonly seq: number | null;
  readonly what: string;
}

/** A place in a chain. `hash` in lower-case hex. */
export interface ChainPlace {
  readonly seq: number;
  readonly hash: string;
}

type EventRow = Omit<KycEvent, 'businessUnit'>;

const COLUMNS = `seq, submission_id AS "submissionId", person_id AS "personId", type, at, source_key AS "sourceKey", data, vault,
  body_digest AS "bodyDigest", previous_hash AS "previousHash", hash`;

/** Where a chain begins: nothing before the first event. */
export const GENESIS = Buffer.alloc(32);
export const BEGINNING: ChainPlace = { seq: 0, hash: GENESIS.toString('hex') };
const PAGE = 1_000;
const LINK_VERSION = Buffer.of(1);

/** SHA-256(0x01 | previous hash | seq as 8 bytes big-endian | SHA-256 of the canonical body), as `ledger_append_2` computes it. */
function linkHash(previous: Buffer, seq: number, digest: Buffer): Buffer {
  const place = Buffer.alloc(8);
  place.writeBigUInt64BE(BigInt(seq));
  return createHash('sha256').update(LINK_VERSION).update(previous).update(place).update(digest).digest();
}

/** What is wrong with an event that should follow `previous`; null when nothing is. */
export function faultOf(event: ChainEvent, expectedSeq: number, previous: Buffer): string | null {
  if (event.seq !== expectedSeq) return `event ${expectedSeq} is missing`;
  const digest = bodyDigest(event.body);
  if (!digest.equals(event.storedDigest)) return 'its content was changed';
  if (!event.previousHash.equals(previous)) return 'it does not follow the event before it';
  return linkHash(previous, event.seq, digest).equals(event.hash) ? null : 'its hash was changed';
}

@Injectable()
export class ChainEvents {
  constructor(private readonly database: Database) {}

  /** A unit's events with a `seq` above `after` and up to `until`, in order, a page at a time. */
  async *pages(unit: string, after: number, until: number): AsyncGenerator<readonly ChainEvent[]> {
    let last = after;
    while (last < until) {
      const rows = await this.database.query<EventRow>(
        `SELECT ${COLUMNS} FROM kyc_event WHERE business_unit = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT ${PAGE}`,
        [unit, last, until],
      );
      const events = rows.map((row) => chainEvent(unit, row));
      const end = events.at(-1);
      if (end === undefined) return;
      yield events;
      last = end.seq;
    }
  }

  /** What does not hold between two places of a unit's chain; null where every event follows the one before. */
  async faultBetween(businessUnit: string, from: ChainPlace, to: ChainPlace): Promise<ChainFault | null> {
    let previous: Buffer = Buffer.from(from.hash, 'hex');
    let seq = from.seq;
    for await (const page of this.pages(businessUnit, seq, to.seq))
      for (const event of page) {
        seq += 1;
        const what = faultOf(event, seq, previous);
        if (what !== null) return { businessUnit, seq, what };
        previous = event.hash;
      }
    if (seq === to.seq && previous.toString('hex') === to.hash) return null;
    return { businessUnit, seq: to.seq, what: 'the end of the chain is not its last event' };
  }

  /** All events of each of the submissions, in order. */
  async ofSubmissions(
    within: Database | Transaction,
    unit: string,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, readonly ChainEvent[]>> {
    const rows = await within.query<EventRow>(
      `SELECT ${COLUMNS} FROM kyc_event WHERE business_unit = $1 AND submission_id = ANY ($2) ORDER BY seq`,
      [unit, ids],
    );
    const events = rows.map((row) => chainEvent(unit, row));
    return Map.groupBy(events, ({ body }) => body.submissionId ?? '');
  }
}

function chainEvent(businessUnit: string, row: EventRow): ChainEvent {
  const { seq, bodyDigest: storedDigest, previousHash, hash, ...body } = row;
  return { seq: Number(seq), body: { businessUnit, ...body }, storedDigest, previousHash, hash };
}
