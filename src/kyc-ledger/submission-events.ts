import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database';
import type { EventData } from './event';
import type { Submission } from './projection';
import type { EventType } from './submission-state';

/** An event as it is shown. `hash` is 64 lower-case hex digits. */
export interface SubmissionEvent {
  readonly seq: number;
  readonly type: EventType;
  readonly at: Date;
  readonly data: EventData;
  readonly hash: string;
}

interface EventRow {
  readonly seq: string;
  readonly type: EventType;
  readonly at: Date;
  readonly data: EventData;
  readonly hash: Buffer;
}

/**
 * Reads what happened to a submission: its own events, and those that concern its person as a whole, or the person whose data it
 * brought (`owner`), who may be another.
 */
@Injectable()
export class SubmissionEvents {
  constructor(private readonly database: Database) {}

  /** At most `limit` events with a `seq` above `after`, oldest first. */
  async after(submission: Submission, after: number, limit: number): Promise<SubmissionEvent[]> {
    const rows = await this.database.query<EventRow>(
      `SELECT seq, type, at, data, hash FROM kyc_event
        WHERE business_unit = $1 AND submission_id = $2 AND seq > $4
       UNION ALL
       SELECT seq, type, at, data, hash FROM kyc_event
        WHERE business_unit = $1 AND submission_id IS NULL AND seq > $4 AND at >= $6
          AND person_id = ANY (ARRAY(SELECT $3::uuid UNION SELECT (data->>'owner')::uuid FROM kyc_event
            WHERE business_unit = $1 AND submission_id = $2 AND data ? 'owner'))
       ORDER BY seq LIMIT $5`,
      [submission.businessUnit, submission.id, submission.personId, after, limit, submission.createdAt],
    );
    return rows.map((row) => ({ ...row, seq: Number(row.seq), hash: row.hash.toString('hex') }));
  }
}
