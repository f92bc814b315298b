import { Injectable } from '@nestjs/common';
import { Database, Notifications } from '../../platform/database';
import type { EventData } from '../events/event';
import { LEDGER_CHANNEL } from '../events/follow-ups';
import type { KycEvent } from '../events/ledger.entity';
import {
  CHECKPOINT_EVENT,
  type EventType,
  STATUS_EVENTS,
  type SubmissionKind,
  type SubmissionStatus,
  statusAfter,
  type StatusEvent,
} from '../submissions/submission-state';

/** An event of a unit's chain as the unit is shown it: nothing in it is personal data. */
export interface LedgerEvent {
  readonly seq: number;
  /** Made of the event's hash: no other event of any chain has it, and it never changes. */
  readonly id: string;
  readonly type: EventType;
  readonly at: Date;
  readonly submissionId: string | null;
  readonly personId: string | null;
  readonly data: EventData;
  readonly hash: string;
  /** What the submission was after the event; null where it is about none. */
  readonly submission: {
    readonly kind: SubmissionKind;
    readonly status: SubmissionStatus;
    readonly reasonCode: string | null;
  } | null;
}

type EventRow = Pick<KycEvent, 'seq' | 'type' | 'at' | 'submissionId' | 'personId' | 'data' | 'hash'> & {
  readonly kind: SubmissionKind | null;
  readonly moved: StatusEvent | null;
  readonly reasonCode: string | null;
};

const MOVES = STATUS_EVENTS.map((type) => `'${type}'`).join();
/** What stands of a column in the newest event that moved the submission, up to the one that is read. */
const newest = (column: string, having = 'true'): string =>
  `(SELECT ${column} FROM kyc_event b WHERE b.business_unit = e.business_unit AND b.submission_id = e.submission_id
      AND b.seq <= e.seq AND b.type IN (${MOVES}) AND ${having} ORDER BY b.seq DESC LIMIT 1)`;

const SELECT = `SELECT e.seq, e.type, e.at, e.submission_id AS "submissionId", e.person_id AS "personId", e.data, e.hash, o.kind,
    ${newest('b.type')} AS moved, ${newest(`b.data->>'reasonCode'`, `b.data ? 'reasonCode'`)} AS "reasonCode"
  FROM kyc_event e LEFT JOIN kyc_submission_opening o ON o.business_unit = e.business_unit AND o.id = e.submission_id
  WHERE e.business_unit = $1`;

/** Reads a unit's whole chain in its order, and tells when it goes on. */
@Injectable()
export class LedgerFeed {
  constructor(
    private readonly database: Database,
    private readonly notifications: Notifications,
  ) {}

  /** At most `limit` events with a `seq` above `after`, oldest first. */
  async after(unit: string, after: number, limit: number): Promise<LedgerEvent[]> {
    const rows = await this.database.query<EventRow>(`${SELECT} AND e.seq > $2 ORDER BY e.seq LIMIT $3`, [
      unit,
      after,
      limit,
    ]);
    return rows.map(eventOf);
  }

  /** The events with these places. */
  async at(unit: string, places: readonly number[]): Promise<LedgerEvent[]> {
    const rows = await this.database.query<EventRow>(`${SELECT} AND e.seq = ANY ($2)`, [unit, places]);
    return rows.map(eventOf);
  }

  /** @param news hears the unit whose chain went on, or '' when any may have. Best effort: who listens also looks now and then */
  listen(news: (unit: string) => void): Promise<() => void> {
    return this.notifications.listen(LEDGER_CHANNEL, (key) => news(key.split('/')[0] ?? ''));
  }
}

function eventOf({ kind, moved, reasonCode, ...row }: EventRow): LedgerEvent {
  const seq = Number(row.seq);
  const { submissionId } = row;
  return {
    ...row,
    seq,
    id: eventId(row.hash),
    hash: row.hash.toString('hex'),
    data: row.type === CHECKPOINT_EVENT ? { seq, submissionId, ...row.data } : row.data,
    submission:
      kind === null || moved === null ? null : { kind, status: statusAfter(kind, moved), reasonCode },
  };
}

/** A UUID of version 8 (RFC 9562 §5.8): 122 bits of the hash. */
function eventId(hash: Buffer): string {
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
