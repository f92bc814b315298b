import { Injectable } from '@nestjs/common';
import { Database, databaseTime } from '../../platform/database';
import type { SubmissionSummaryDto } from './dto/submission-summary.dto';
import { type StatusEvent, SUBMISSION_STATUSES, type SubmissionStatus } from './submission-state';

const RESULTS: readonly StatusEvent[] = ['kyc.verified', 'kyc.declined', 'kyc.error', 'kyc.unrecognised'];
const COUNTED_MS = 30 * 86_400_000;
/** Seconds. */
const TIMES = [10, 60, 300, 1_800, 7_200, 86_400];
/** Beyond that many, how long results took is told by the newest. */
const MAX_TIMED = 10_000;

/** Each status by itself, so that the index on status and time is read instead of the unit's whole history. */
const BY_STATUS = `
SELECT status, (SELECT count(*)::int FROM kyc_submission s
    WHERE s.business_unit = $1 AND s.status = wanted.status AND s.created_at >= $2) AS count
  FROM unnest($3::text[]) AS wanted (status)`;

const TIME_TO_RESULT = `
SELECT width_bucket(extract(epoch FROM result.at - opened.created_at)::float, $4::float[]) AS place, count(*)::int AS count
  FROM (SELECT id, created_at FROM kyc_submission_opening
      WHERE business_unit = $1 AND created_at >= $2 ORDER BY created_at DESC, id DESC LIMIT ${MAX_TIMED}) opened
  CROSS JOIN LATERAL (SELECT at FROM kyc_event e
      WHERE e.business_unit = $1 AND e.submission_id = opened.id AND e.type = ANY ($3) ORDER BY seq LIMIT 1) result
 GROUP BY place`;

/** Counts for a page that shows how a unit's submissions are doing. */
@Injectable()
export class SubmissionSummary {
  constructor(private readonly database: Database) {}

  async of(unit: string): Promise<SubmissionSummaryDto> {
    const createdFrom = new Date((await databaseTime(this.database)).getTime() - COUNTED_MS);
    const byStatus = await this.database.query<{ status: SubmissionStatus; count: number }>(BY_STATUS, [
      ...[unit, createdFrom],
      SUBMISSION_STATUSES,
    ]);
    const times = await this.database.query<{ place: number; count: number }>(TIME_TO_RESULT, [
      ...[unit, createdFrom],
      ...[RESULTS, TIMES],
    ]);
    const counts = new Map(times.map(({ place, count }) => [place, count]));
    const timeToResult = [...TIMES, null].map((within, place) => ({ within, count: counts.get(place) ?? 0 }));
    return { createdFrom, byStatus, timeToResult };
  }
}
