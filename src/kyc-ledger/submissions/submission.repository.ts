import { Injectable } from '@nestjs/common';
import { getMetadataArgsStorage } from 'typeorm';
import { columnOf, Database, type Prepared, type Transaction } from '../../platform/database';
import type { ListPosition } from '../../platform/paging';
import type { PersonRow } from '../people/person-key';
import type { SubmissionSearchDto } from './dto/submission-query.dto';
import { Submission } from './submission.entity';

/** As PostgreSQL returns it: a bigint is a text. */
type Row = Omit<Submission, 'lastSeq'> & { readonly lastSeq: string };

const COLUMNS = getMetadataArgsStorage()
  .filterColumns(Submission)
  .map(({ propertyName: property }) => ({ property, column: columnOf(property) }));
const columnsOf = (table: string): string =>
  COLUMNS.map(({ property, column }) => `${table}.${column} AS "${property}"`).join(', ');

/** The time is the one when the row is locked. */
const LOCK: Prepared = {
  name: 'submission-lock',
  text: `SELECT ${columnsOf('s')}, clock_timestamp() AS now
    FROM (SELECT * FROM kyc_submission WHERE business_unit = $1 AND id = $2 FOR UPDATE) s`,
};

/** One row after the other, each by its key: planned for a set, it would be planned anew each time. */
const READ: Prepared = {
  name: 'submission-read',
  text: `SELECT ${columnsOf('s')}, p.key_id AS "keyId", p.wrapped_key AS "wrappedKey", p.restricted_until AS "restrictedUntil",
      clock_timestamp() AS now
    FROM jsonb_array_elements_text($2) AS wanted (id)
    CROSS JOIN LATERAL (SELECT * FROM kyc_submission WHERE business_unit = $1 AND id = wanted.id::uuid OFFSET 0) s
    CROSS JOIN LATERAL (SELECT * FROM person WHERE business_unit = $1 AND id = s.person_id OFFSET 0) p`,
};

/** A submission, and when it was so by the database's clock; its person where personal data may be sealed for them. */
export interface ReadSubmission {
  readonly submission: Submission;
  readonly person: PersonRow | undefined;
  readonly now: Date;
}

/** What a list is narrowed to. `personIds` null means everybody's. */
export interface SubmissionFilter extends Omit<
  SubmissionSearchDto,
  'phoneNumber' | 'nik' | 'limit' | 'cursor'
> {
  readonly businessUnit: string;
  readonly personIds: readonly string[] | null;
  readonly openedByUserOnly: boolean;
}

/** Rows of `kyc_submission`, which the database repeats in part in `kyc_submission_opening`; every query names the business unit. */
@Injectable()
export class SubmissionRepository {
  constructor(private readonly database: Database) {}

  async find(unit: string, id: string): Promise<Submission | undefined> {
    const sql = `SELECT ${columnsOf('s')} FROM kyc_submission s WHERE business_unit = $1 AND id = $2`;
    const [row] = await this.database.query<Row>(sql, [unit, id]);
    return row === undefined ? undefined : submission(row);
  }

  async findAll(
    within: Database | Transaction,
    unit: string,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Submission>> {
    const sql = `SELECT ${columnsOf('s')} FROM kyc_submission s WHERE business_unit = $1 AND id = ANY ($2)`;
    const rows = await within.query<Row>(sql, [unit, ids]);
    return new Map(rows.map((row) => [row.id, submission(row)]));
  }

  /** Locks the row until the transaction ends: two events of one submission never race. */
  async lock(tx: Transaction, unit: string, id: string): Promise<Submission | undefined> {
    return (await this.lockNow(tx, unit, id))?.submission;
  }

  /** As {@link lock}, with the time; without the person. */
  async lockNow(tx: Transaction, unit: string, id: string): Promise<ReadSubmission | undefined> {
    const [row] = await tx.query<Row & { readonly now: Date }>(LOCK, [unit, id]);
    return row && { submission: submission(row), person: undefined, now: row.now };
  }

  /** By id, as they are now: nothing is locked. */
  async readAll(unit: string, ids: readonly string[]): Promise<ReadonlyMap<string, ReadSubmission>> {
    const rows = await this.database.query<Row & PersonRow & { readonly now: Date }>(READ, [
      unit,
      JSON.stringify(ids),
    ]);
    return new Map(
      rows.map((row) => [
        row.id,
        { submission: submission(row), person: { ...row, id: row.personId }, now: row.now },
      ]),
    );
  }

  /** Locks all submissions of a person, in one order everywhere. */
  async lockOfPerson(tx: Transaction, unit: string, personId: string): Promise<Submission[]> {
    const rows = await tx.query<Row>(
      `SELECT ${columnsOf('s')} FROM kyc_submission_opening o JOIN kyc_submission s USING (business_unit, id)
        WHERE o.business_unit = $1 AND o.person_id = $2 ORDER BY o.id FOR UPDATE OF s`,
      [unit, personId],
    );
    return rows.map(submission);
  }

  async idsOfPerson(tx: Transaction, unit: string, personId: string): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      'SELECT id FROM kyc_submission_opening WHERE business_unit = $1 AND person_id = $2',
      [unit, personId],
    );
    return rows.map(({ id }) => id);
  }

  async list(filter: SubmissionFilter, limit: number, after: ListPosition | null): Promise<Submission[]> {
    // A status without person or kind is read by its own index. Together with them PostgreSQL begins with what it finds to be rarer.
    const byStatus = filter.status !== undefined && filter.personIds === null && filter.kind === undefined;
    const [state, tables] = byStatus
      ? ['o', 'kyc_submission o']
      : ['s', 'kyc_submission_opening o JOIN kyc_submission s USING (business_unit, id)'];
    const conditions: readonly (readonly [condition: string, ...values: unknown[]])[] = [
      ['o.business_unit = ?', filter.businessUnit],
      ['o.person_id = ANY (?)', filter.personIds ?? undefined],
      ['o.opened_by = ?', filter.openedByUserOnly ? 'user' : undefined],
      ['o.kind = ?', filter.kind],
      [`${state}.status = ?`, filter.status],
      ['o.created_at >= ?', filter.createdFrom],
      ['o.created_at < ?', filter.createdTo],
      [`${state}.updated_at >= ?`, filter.updatedFrom],
      ['(o.created_at, o.id) < (?, ?)', after?.createdAt, after?.id],
    ];
    const given = conditions.filter(([, ...values]) => !values.includes(undefined));
    const parameters = [...given.flatMap(([, ...values]) => values), limit];
    let position = 0;
    const where = given.map(([condition]) => condition).join(' AND ');
    const sql = `SELECT ${columnsOf(state)} FROM ${tables} WHERE ${where} ORDER BY o.created_at DESC, o.id DESC LIMIT ?`;
    const rows = await this.database.query<Row>(
      sql.replace(/\?/g, () => `$${(position += 1)}`),
      parameters,
    );
    return rows.map(submission);
  }
}

/** The row of a submission by column, as `ledger_append_2` takes it. */
export function submissionRow(value: Submission): object {
  return Object.fromEntries(
    COLUMNS.map(({ property, column }) => [column, value[property as keyof Submission]]),
  );
}

function submission(row: Row): Submission {
  const fields = COLUMNS.map(({ property }) => [property, row[property as keyof Row]]);
  return { ...(Object.fromEntries(fields) as Row), lastSeq: Number(row.lastSeq) };
}
