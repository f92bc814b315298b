import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, MoreThan, type Repository } from 'typeorm';
import { Database, type Transaction } from '../../platform/database';
import {
  type DeliveryAttempt,
  type DeliveryStatus,
  EventDelivery,
  EventEndpoint,
} from '../unit-events.entity';
import type { Verdict } from './delivery-schedule';

/** A delivery to be tried now. */
export interface DueDelivery {
  readonly seq: number;
  readonly tries: number;
  readonly dueAt: Date;
  readonly attempts: readonly DeliveryAttempt[];
  /** The database's time when it was read. */
  readonly readAt: Date;
}

/** What a try came to. */
export interface Tried extends Verdict {
  readonly delivery: DueDelivery;
  readonly attempt: DeliveryAttempt;
}

interface Backlog {
  readonly stopped: number;
  readonly pending: number;
  /** Seconds since the oldest event of them. */
  readonly age: number;
}

const ATTEMPTS_KEPT = 50;
const KEEP_DAYS = 30;
const DELETED_AT_ONCE = 20_000;
const OPEN = `status IN ('pending', 'stopped')`;
const NOW = (): string => 'clock_timestamp()';
const DUE_ANEW = { status: 'pending', tries: 0, dueAt: NOW } as const;
/** Whether the unit wants events of this type. `types`: a parameter, null for all. */
const wanted = (type: string, types: string): string =>
  `(${types}::text[] IS NULL OR EXISTS (SELECT FROM unnest(${types}::text[]) t WHERE starts_with(${type}, t)))`;
/** Whether something of the submission comes before and has not ended. */
const isBlocked = (of: string, unit = '$1'): string =>
  `EXISTS (SELECT FROM event_delivery b WHERE b.business_unit = ${unit} AND b.submission_id = ${of}.submission_id AND b.seq < ${of}.seq AND b.${OPEN})`;
const IS_DUE = `d.status = 'pending' AND d.due_at <= clock_timestamp() AND NOT ${isBlocked('d', 'd.business_unit')}`;

/**
 * Rows of `event_endpoint` and `event_delivery`. What changes both, or follows from one in the other, holds the endpoint's row: between
 * "nothing of the submission is open" and "the next one follows" no event may get lost.
 */
@Injectable()
export class DeliveryRepository {
  constructor(
    private readonly database: Database,
    @InjectRepository(EventDelivery) private readonly deliveries: Repository<EventDelivery>,
  ) {}

  /** An address that is new starts at the end of the chain. @returns whether it is */
  async register(unit: string, urlDigest: Buffer): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const fresh = await tx.query(
        `INSERT INTO event_endpoint (business_unit, url_digest, taken_to)
           VALUES ($1, $2, coalesce((SELECT seq FROM ledger_head WHERE business_unit = $1), 0))
         ON CONFLICT (business_unit) DO UPDATE
           SET url_digest = excluded.url_digest, taken_to = excluded.taken_to, stopped_at = NULL
           WHERE event_endpoint.url_digest <> excluded.url_digest RETURNING 1`,
        [unit, urlDigest],
      );
      if (fresh.length > 0)
        await tx.query(
          `UPDATE event_delivery SET status = 'failed', due_at = clock_timestamp() WHERE business_unit = $1 AND ${OPEN}`,
          [unit],
        );
      return fresh.length > 0;
    });
  }

  /** Of the units those that have something to be sent now. */
  async behind(units: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ unit: string }>(
      `SELECT e.business_unit AS unit FROM event_endpoint e LEFT JOIN ledger_head h USING (business_unit)
        WHERE e.business_unit = ANY ($1) AND e.stopped_at IS NULL AND (e.taken_to < h.seq OR EXISTS (
          SELECT FROM event_delivery d WHERE d.business_unit = e.business_unit AND ${IS_DUE}))`,
      [units],
    );
    return rows.map(({ unit }) => unit);
  }

  /** Of the units how many want nothing any more, and what was not sent to the others yet. */
  async backlog(units: readonly string[]): Promise<Backlog> {
    const [row] = await this.database.query<Backlog>(
      `SELECT count(p.stopped_at)::int AS stopped, coalesce(sum(d.pending), 0)::int AS pending,
              coalesce(max(extract(epoch FROM clock_timestamp() - e.at)), 0)::float8 AS age
         FROM event_endpoint p LEFT JOIN ledger_head h USING (business_unit)
         CROSS JOIN LATERAL (SELECT count(*) AS pending, min(seq) AS first FROM event_delivery
           WHERE business_unit = p.business_unit AND status = 'pending') d
         LEFT JOIN kyc_event e ON p.stopped_at IS NULL AND e.business_unit = p.business_unit
           AND e.seq = least(d.first, CASE WHEN p.taken_to < h.seq THEN p.taken_to + 1 END)
        WHERE p.business_unit = ANY ($1)`,
      [units],
    );
    return row ?? { stopped: 0, pending: 0, age: 0 };
  }

  /** Makes the next events of the chain due, but for those that follow one of their submission. @returns how many it read */
  async take(unit: string, types: readonly string[] | undefined, limit: number): Promise<number> {
    return this.database.transaction(async (tx) => {
      const endpoint = await this.#hold(tx, unit);
      if (endpoint === null || endpoint.stoppedAt !== null) return 0;
      const [row] = await tx.query<{ taken: number }>(
        `WITH page AS (SELECT seq, submission_id, ${wanted('type', '$2')} AS wanted FROM kyc_event
            WHERE business_unit = $1 AND seq > $3 ORDER BY seq LIMIT $4),
          due AS (INSERT INTO event_delivery (business_unit, seq, submission_id, status, due_at)
            SELECT $1, p.seq, p.submission_id, 'pending', clock_timestamp() FROM page p
              WHERE p.wanted AND NOT ${isBlocked('p')} AND NOT EXISTS (
                SELECT FROM page q WHERE q.wanted AND q.submission_id = p.submission_id AND q.seq < p.seq)
              ON CONFLICT (business_unit, seq) DO NOTHING),
          moved AS (UPDATE event_endpoint SET taken_to = (SELECT max(seq) FROM page)
            WHERE business_unit = $1 AND EXISTS (SELECT FROM page))
         SELECT count(*)::int AS taken FROM page`,
        [unit, types, endpoint.takenTo, limit],
      );
      return row?.taken ?? 0;
    });
  }

  /** What is due, oldest first: of each submission one event at most. @param but what is not to be among it */
  async due(unit: string, but: readonly number[], limit: number): Promise<DueDelivery[]> {
    const rows = await this.database.query<Omit<DueDelivery, 'seq'> & { readonly seq: string }>(
      `SELECT d.seq, d.tries, d.due_at AS "dueAt", d.attempts, clock_timestamp() AS "readAt" FROM event_delivery d
        WHERE d.business_unit = $1 AND ${IS_DUE} AND d.seq <> ALL ($2) ORDER BY d.due_at, d.seq LIMIT $3`,
      [unit, but, limit],
    );
    return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
  }

  /**
   * Writes down tries, and makes due what follows those that have ended. A try of a delivery that was made due anew meanwhile counts for
   * nothing.
   */
  async record(unit: string, types: readonly string[] | undefined, tried: readonly Tried[]): Promise<void> {
    await this.database.transaction(async (tx) => {
      const endpoint = await this.#hold(tx, unit);
      if (endpoint === null) return;
      const rows = await tx.query<{ seq: string; submissionId: string | null; status: DeliveryStatus }>(
        `UPDATE event_delivery d SET status = r.status, tries = r.tries + 1, attempts = r.attempts,
            due_at = clock_timestamp() + r.wait * interval '1 second'
          FROM jsonb_to_recordset($2) AS r (seq bigint, tries int, due_at timestamptz, status text, wait float8, attempts jsonb)
          WHERE d.business_unit = $1 AND d.seq = r.seq AND d.status = 'pending' AND d.due_at = r.due_at
          RETURNING d.seq, d.submission_id AS "submissionId", d.status`,
        [unit, JSON.stringify(tried.map(parameter))],
      );
      const ended = rows.filter(({ status }) => status === 'delivered' || status === 'failed');
      await tx.query(
        `INSERT INTO event_delivery (business_unit, seq, submission_id, status, due_at)
          SELECT $1, n.seq, n.submission_id, 'pending', clock_timestamp()
            FROM unnest($2::uuid[], $3::bigint[]) AS ended (submission_id, seq)
            CROSS JOIN LATERAL (SELECT e.seq, e.submission_id FROM kyc_event e
              WHERE e.business_unit = $1 AND e.submission_id = ended.submission_id AND e.seq > ended.seq AND e.seq <= $4
                AND ${wanted('e.type', '$5')}
                AND NOT EXISTS (SELECT FROM event_delivery k WHERE k.business_unit = $1 AND k.seq = e.seq)
              ORDER BY e.seq LIMIT 1) n
            WHERE NOT ${isBlocked('n')} ON CONFLICT (business_unit, seq) DO NOTHING`,
        [
          unit,
          ended.map(({ submissionId }) => submissionId),
          ended.map(({ seq }) => seq),
          endpoint.takenTo,
          types,
        ],
      );
      if (rows.some(({ status }) => status === 'stopped')) await this.#stop(tx, unit);
    });
  }

  /** Newest first. @param before a `seq`; 0 is the newest of all */
  list(
    businessUnit: string,
    status: DeliveryStatus | undefined,
    before: number,
    limit: number,
  ): Promise<EventDelivery[]> {
    return this.deliveries.find({
      where: {
        businessUnit,
        ...(status === undefined ? {} : { status }),
        ...(before === 0 ? {} : { seq: LessThan(String(before)) }),
      },
      order: { seq: 'DESC' },
      take: limit,
    });
  }

  /** Makes one delivery due now, whatever became of it, and lets a stopped endpoint go on. Null: there is no such delivery. */
  async retry(tx: Transaction, businessUnit: string, id: string): Promise<EventDelivery | null> {
    await this.#hold(tx, businessUnit);
    await this.#resume(tx, businessUnit);
    await tx.manager.update(EventDelivery, { businessUnit, id }, DUE_ANEW);
    return tx.manager.findOneBy(EventDelivery, { businessUnit, id });
  }

  /**
   * Takes every event after `seq` from the chain anew, and lets a stopped endpoint go on. Rows go: with them, an event would be sent before
   * an earlier one of its submission that has none.
   */
  async replay(tx: Transaction, businessUnit: string, seq: number): Promise<void> {
    await this.#hold(tx, businessUnit);
    await this.#resume(tx, businessUnit);
    const back = 'UPDATE event_endpoint SET taken_to = least(taken_to, $2) WHERE business_unit = $1';
    await tx.query(back, [businessUnit, seq]);
    await tx.manager.delete(EventDelivery, { businessUnit, seq: MoreThan(String(seq)) });
  }

  /** Deletes what ended long ago, but for what is sent again just now; the events themselves stay in the ledger. */
  async forgetOld(): Promise<void> {
    let gone: number;
    do {
      const rows = await this.database.query(
        `DELETE FROM event_delivery WHERE ctid = ANY (ARRAY(SELECT ctid FROM event_delivery
           WHERE NOT ${OPEN} AND due_at < clock_timestamp() - interval '${KEEP_DAYS} days'
           LIMIT ${DELETED_AT_ONCE} FOR UPDATE SKIP LOCKED)) RETURNING 1`,
      );
      gone = rows.length;
    } while (gone === DELETED_AT_ONCE);
  }

  #hold(tx: Transaction, businessUnit: string): Promise<EventEndpoint | null> {
    const lock = { mode: 'pessimistic_write' } as const;
    return tx.manager.findOne(EventEndpoint, { where: { businessUnit }, lock });
  }

  async #stop(tx: Transaction, businessUnit: string): Promise<void> {
    await tx.manager.update(EventEndpoint, { businessUnit }, { stoppedAt: NOW });
    const pending = { businessUnit, status: 'pending' } as const;
    await tx.manager.update(EventDelivery, pending, { status: 'stopped', dueAt: NOW });
  }

  async #resume(tx: Transaction, businessUnit: string): Promise<void> {
    await tx.manager.update(EventEndpoint, { businessUnit }, { stoppedAt: null });
    await tx.manager.update(EventDelivery, { businessUnit, status: 'stopped' }, DUE_ANEW);
  }
}

function parameter({ delivery, attempt, status, waitSeconds }: Tried): object {
  const { seq, tries, dueAt } = delivery;
  const attempts = [...delivery.attempts, attempt].slice(-ATTEMPTS_KEPT);
  return { seq, tries, due_at: dueAt, status, wait: waitSeconds, attempts };
}
