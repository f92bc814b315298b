import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller } from '../../auth';
import { Database, type Transaction } from '../../platform/database';
import { notFound } from '../../platform/errors';
import type { CopiedEventDto, PersonCopyDto } from './dto/person.dto';
import { Ledger } from '../events/ledger';
import { type HeldRow, People } from './people';
import { AllPersonalRecords } from '../erasure/personal-records';
import { reasonFor } from './reading-purpose';
import type { Submission } from '../submissions/submission.entity';
import { SubmissionRepository } from '../submissions/submission.repository';

/** What happened to the person and to their submissions, oldest first. */
const EVENTS = `
SELECT seq::int, submission_id AS "submissionId", type, at, data FROM (
  SELECT seq, submission_id, type, at, data FROM kyc_event WHERE business_unit = $1 AND submission_id = ANY ($3)
  UNION ALL
  SELECT seq, submission_id, type, at, data FROM kyc_event WHERE business_unit = $1 AND submission_id IS NULL AND person_id = $2
) e ORDER BY seq`;

/** Everything that is held about one person, to be handed to them (UU 27/2022 art. 6, 7 and 13). */
@Injectable()
export class PersonCopy {
  constructor(
    private readonly database: Database,
    private readonly submissions: SubmissionRepository,
    private readonly people: People,
    private readonly records: AllPersonalRecords,
    private readonly ledger: Ledger,
  ) {}

  /**
   * Reads it all and records who did, and why. The person is not forgotten in between.
   * @throws GatewayError 404 for a stranger, 409 `person_restricted`
   */
  async read(
    { businessUnit, credential }: BackOfficeCaller,
    id: string,
    purpose: string,
  ): Promise<PersonCopyDto> {
    return this.database.transaction(async (tx) => {
      const submissions = await this.submissions.lockOfPerson(tx, businessUnit, id);
      const row = await this.people.holdRow(tx, businessUnit, id);
      const person = row && this.people.withKey(businessUnit, row);
      if (row === undefined || person === undefined)
        throw notFound('Nobody is known by this id or phone number.');
      const { data, personal } = reasonFor(person, purpose);
      const copy = await this.#copy(tx, businessUnit, row, submissions);
      await this.ledger.appendAbout(tx, {
        businessUnit,
        personId: id,
        type: 'person.read',
        sourceKey: `person.read:${randomUUID()}`,
        data: { by: credential, ...data },
        ...(personal === undefined ? {} : { personal: { person, data: personal } }),
      });
      return copy;
    });
  }

  async #copy(
    tx: Transaction,
    businessUnit: string,
    row: HeldRow,
    submissions: readonly Submission[],
  ): Promise<PersonCopyDto> {
    const { id, createdAt, restrictedUntil: until } = row;
    const identifiers = await this.people.identifiersOf(tx, businessUnit, row, 'own');
    const ids = submissions.map((submission) => submission.id);
    return {
      ...{ id, status: until === null ? 'active' : 'restricted', createdAt, until },
      identifiers: await this.people.identifiersOf(tx, businessUnit, row, 'all'),
      submissions: submissions
        .toSorted((one, other) => one.createdAt.getTime() - other.createdAt.getTime())
        .map(copied),
      events: await tx.query<CopiedEventDto>(EVENTS, [businessUnit, id, ids]),
      records: await this.records.copy(tx, { businessUnit, id, submissions, identifiers }),
    };
  }
}

function copied(submission: Submission): PersonCopyDto['submissions'][number] {
  const { id, kind, submissionType, status, reasonCode, verification, createdAt, updatedAt } = submission;
  return { id, kind, submissionType, status, reasonCode, verification, createdAt, updatedAt };
}
