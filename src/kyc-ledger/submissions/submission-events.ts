import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import type { KycEvent } from '../events/ledger.entity';
import { PersonVault } from '../people/person-vault';
import type { EventDto } from './dto/event.dto';
import type { Submission } from './submission.entity';
import { PURPOSE } from '../people/reading-purpose';

/** An event as it is shown, and what names the personal data it brought. */
export type SubmissionEvent = Readonly<EventDto> & Pick<KycEvent, 'vault'>;

type EventRow = Pick<KycEvent, 'seq' | 'type' | 'at' | 'data' | 'hash' | 'vault'>;

/**
 * Reads what happened to a submission: its own events, and those that concern as a whole the person it is about. That is its own person
 * until it brings somebody else's data (`owner`: an officer's page, a patient), and then the other one.
 */
@Injectable()
export class SubmissionEvents {
  constructor(
    private readonly database: Database,
    private readonly vault: PersonVault,
  ) {}

  /** At most `limit` events with a `seq` above `after`, oldest first. */
  async after(submission: Submission, after: number, limit: number): Promise<SubmissionEvent[]> {
    const rows = await this.database.query<EventRow>(
      `WITH owner AS (SELECT (data->>'owner')::uuid AS id, min(seq) AS since FROM kyc_event
          WHERE business_unit = $1 AND submission_id = $2 AND data ? 'owner' GROUP BY 1)
       SELECT seq, type, at, data, hash, vault FROM kyc_event
        WHERE business_unit = $1 AND submission_id = $2 AND seq > $4
       UNION ALL
       SELECT seq, type, at, data, hash, vault FROM kyc_event
        WHERE business_unit = $1 AND submission_id IS NULL AND seq > $4 AND at >= $6
          AND person_id = ANY (ARRAY(SELECT $3::uuid UNION SELECT id FROM owner))
          AND CASE person_id WHEN $3 THEN NOT EXISTS (SELECT FROM owner WHERE since < seq)
            ELSE EXISTS (SELECT FROM owner WHERE id = person_id AND since < seq) END
       ORDER BY seq LIMIT $5`,
      [submission.businessUnit, submission.id, submission.personId, after, limit, submission.createdAt],
    );
    return rows.map((row) => ({ ...row, seq: Number(row.seq), hash: row.hash.toString('hex') }));
  }

  /** Whether the person whom a submission is about was erased: nothing that anybody waits for happens to it any more. */
  async isOfErased({ businessUnit, id, personId }: Submission): Promise<boolean> {
    const rows = await this.database.query(
      `SELECT FROM person WHERE business_unit = $1 AND erased_at IS NOT NULL
          AND id = coalesce((SELECT (data->>'owner')::uuid FROM kyc_event
            WHERE business_unit = $1 AND submission_id = $2 AND data ? 'owner' ORDER BY seq DESC LIMIT 1), $3)`,
      [businessUnit, id, personId],
    );
    return rows.length > 0;
  }

  /** The same events with what only the back office is told: why somebody read, until the person is restricted or erased. */
  async withPurposes(unit: string, events: readonly SubmissionEvent[]): Promise<SubmissionEvent[]> {
    const entryOf = ({ vault }: SubmissionEvent): string =>
      vault.find(({ name }) => name === PURPOSE)?.id ?? '';
    const entries = events.map(entryOf).filter((id) => id !== '');
    const purposes = await this.vault.read(unit, entries, undefined, 'hidden');
    return events.map((event) => {
      const purpose = purposes.get(entryOf(event));
      return purpose === undefined ? event : { ...event, data: { ...event.data, purpose } };
    });
  }
}
