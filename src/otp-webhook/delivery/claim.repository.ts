import { Injectable } from '@nestjs/common';
import { WriteBatcher, Database } from '../../platform/database';
import type { Channel } from '../providers/otp-provider';
import { DeliveryJournal } from './delivery-journal';
import { ChannelAccounts } from './accounts/channel-accounts';
import { MIN_SECONDS_LEFT } from './timing';

/** A delivery that this worker alone may send now; `number` is its fence: the next claim has a higher one. */
export interface Claim {
  readonly businessUnit: string;
  readonly id: string;
  readonly number: number;
  readonly channel: Channel;
  readonly retries: number;
  readonly unknowns: number;
  readonly secondsLeft: number;
  readonly keyId: string;
  readonly sealed: Buffer;
}

export type ClaimResult =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  | { readonly kind: 'early'; readonly waitSeconds: number }
  /** Not queued on this channel any more, or just now found to be too late or outdated. */
  | { readonly kind: 'over' };

/** What is to be claimed, and for whom. */
export interface Wanted {
  readonly businessUnit: string;
  readonly id: string;
  readonly channel: Channel;
  readonly provider: string;
}

interface Row {
  readonly place: number;
  readonly channel: Channel;
  readonly verdict: 'sending' | 'early' | 'superseded' | 'expired';
  readonly wait: number;
  readonly number: number;
  readonly retries: number;
  readonly unknowns: number;
  readonly seconds_left: number;
  readonly key_id: string;
  readonly sealed: Buffer;
}

const MAX_AT_ONCE = 50;

/** Claims queued deliveries and counts the attempts, those of one moment in one statement. Time is the database's. */
@Injectable()
export class ClaimRepository {
  readonly #batches;

  constructor(
    private readonly database: Database,
    private readonly accounts: ChannelAccounts,
    private readonly journal: DeliveryJournal,
  ) {
    this.#batches = new WriteBatcher((wanted: readonly Wanted[]) => this.#claimAll(wanted), {
      most: MAX_AT_ONCE,
      atOnce: 1,
    });
  }

  claim(wanted: Wanted): Promise<ClaimResult> {
    return this.#batches.add(wanted);
  }

  async #claimAll(all: readonly Wanted[]): Promise<readonly ClaimResult[]> {
    const items = all.map((wanted, place) => ({ ...wanted, place }));
    const rows = await this.database.query<Row>(CLAIM, [
      JSON.stringify(items),
      this.accounts.leaseMs / 1000,
      MIN_SECONDS_LEFT,
    ]);
    for (const { verdict, channel } of rows)
      if (verdict === 'superseded' || verdict === 'expired') this.journal.ended(channel, verdict);
    const byPlace = new Map(rows.map((row) => [row.place, row]));
    return all.map((wanted, place) => toResult(wanted, byPlace.get(place)));
  }
}

function toResult({ businessUnit, id, channel }: Wanted, row: Row | undefined): ClaimResult {
  switch (row?.verdict) {
    case undefined:
    case 'superseded':
    case 'expired':
      return { kind: 'over' };
    case 'early':
      return { kind: 'early', waitSeconds: row.wait };
    case 'sending': {
      const { number, retries, unknowns, seconds_left: secondsLeft, key_id: keyId, sealed } = row;
      const claim = { businessUnit, id, channel, number, retries, unknowns, secondsLeft, keyId, sealed };
      return { kind: 'claimed', claim };
    }
  }
}

/**
 * The rows are locked first, in order, so that accepting a newer code and claiming the older one happen one after the other and two
 * workers never wait for each other in a circle. The LIMIT tells the planner how few they are: it takes any JSON for 100 rows, for which
 * it would rather read the whole table than look them up.
 */
const CLAIM = `
WITH wanted AS (
  SELECT DISTINCT ON ("businessUnit", id, channel) *
  FROM (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS w (place integer, "businessUnit" text, id uuid, channel text, provider text)
    LIMIT jsonb_array_length($1::jsonb)) w
), d AS (
  SELECT w.place, w.channel, w.provider, d.business_unit, d.id, d.claims + 1 AS number, d.retries, d.unknowns, d.key_id, d.sealed,
         extract(epoch FROM d.due_at - clock_timestamp())::float8 AS wait,
         extract(epoch FROM d.expires_at - clock_timestamp())::float8 AS seconds_left,
         coalesce(r.newest_code <> d.code, false) AS stale
  FROM wanted w
  JOIN otp_delivery d ON d.business_unit = w."businessUnit" AND d.id = w.id AND d.via = w.channel AND d.status = 'queued'
  LEFT JOIN otp_recipient r ON r.business_unit = d.business_unit AND r.recipient = d.recipient
  ORDER BY d.business_unit, d.id
  FOR UPDATE OF d
), judged AS (
  SELECT *, CASE WHEN stale THEN 'superseded' WHEN seconds_left < $3::float8 THEN 'expired' WHEN wait > 0.25 THEN 'early'
                 ELSE 'sending' END AS verdict
  FROM d
), changed AS (
  UPDATE otp_delivery u
  SET status = j.verdict, updated_at = clock_timestamp(),
      reason = CASE WHEN j.verdict = 'expired' THEN 'deadline' END,
      claims = CASE WHEN j.verdict = 'sending' THEN j.number ELSE u.claims END,
      sealed = CASE WHEN j.verdict = 'sending' THEN u.sealed END,
      key_id = CASE WHEN j.verdict = 'sending' THEN u.key_id END,
      overdue_at = clock_timestamp() + $2::float8 * interval '1 second'
  FROM judged j
  WHERE u.business_unit = j.business_unit AND u.id = j.id AND j.verdict <> 'early'
), attempt AS (
  INSERT INTO otp_attempt (business_unit, delivery_id, number, channel, provider, may_repeat, started_at)
  SELECT business_unit, id, number, channel, provider, unknowns > 0, clock_timestamp() FROM judged WHERE verdict = 'sending'
)
SELECT place, channel, verdict, wait, number, retries, unknowns, seconds_left, key_id, sealed FROM judged`;
