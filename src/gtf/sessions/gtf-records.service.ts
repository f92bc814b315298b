import { Injectable } from '@nestjs/common';
import { type FindOptionsWhere, In } from 'typeorm';
import { type NewEvent, PersonalRecords, type RecordedPerson, type Submission } from '../../kyc-ledger';
import { BlindIndex } from '../../platform/crypto';
import type { Transaction } from '../../platform/database';
import { GtfDocument, GtfForgotten, GtfSession, KeptCallback } from '../gtf.entity';
import { forgottenDigest } from '../callbacks/callback-inbox.service';
import { isSettled } from '../results/result-recorder.service';

/** Reason of a submission whose person asked to be forgotten before GTF had answered. */
const PERSON_WITHDREW = 'person_withdrew';

/**
 * What is kept of people's sessions at GTF: ids by which GTF would show their card again, and signed URLs. GTF is not asked any more
 * about people who are erased or restricted: their submissions under way end.
 */
@Injectable()
export class GtfRecords extends PersonalRecords {
  /** For programs without this feature's module. */
  static readonly entities = [GtfDocument, GtfForgotten, GtfSession, KeptCallback];
  readonly name = 'gtf';

  constructor(private readonly index: BlindIndex) {
    super();
  }

  async forget(
    tx: Transaction,
    { businessUnit, submissions }: RecordedPerson,
    wish: 'erased' | 'restricted',
  ): Promise<readonly NewEvent[]> {
    const sessions = submissions.filter(isGtfSession);
    const ids = sessions.map(({ id }) => id);
    if (wish === 'erased') await this.#erase(tx, businessUnit, ids);
    else await this.#restrict(tx, { businessUnit, submissionId: In(ids) });
    return sessions
      .filter(({ status }) => !isSettled(status))
      .map(({ id: submissionId }) => ({
        businessUnit,
        submissionId,
        type: 'kyc.error',
        sourceKey: `gtf:${submissionId}:withdrew`,
        data: { reasonCode: PERSON_WITHDREW },
      }));
  }

  async #restrict(tx: Transaction, theirs: FindOptionsWhere<GtfSession & GtfDocument>): Promise<void> {
    await tx.manager.update(GtfDocument, theirs, { urlKeyId: null, urlSealed: null });
    await tx.manager.update(GtfSession, theirs, { pollsFrom: null, launchKeyId: null, launchSealed: null });
  }

  /** Callbacks may name a session by any of its ids: of those only marks are left, by which late ones are deleted. */
  async #erase(tx: Transaction, businessUnit: string, ids: readonly string[]): Promise<void> {
    const theirs = { businessUnit, submissionId: In(ids) };
    const sessions = await tx.manager.find(GtfSession, {
      where: theirs,
      lock: { mode: 'pessimistic_write' },
    });
    const partnerIds = sessions
      .flatMap(({ partnerSessionId, partnerSubmissionId }) => [partnerSessionId, partnerSubmissionId])
      .filter((id) => id !== null);
    const digestOf = (id: string): Buffer => forgottenDigest(this.index, businessUnit, id);
    const marks = partnerIds.map((id) => ({ businessUnit, digest: digestOf(id) }));
    await tx.manager.createQueryBuilder().insert().into(GtfForgotten).values(marks).orIgnore().execute();
    await tx.manager.delete(GtfDocument, theirs);
    await tx.manager.delete(GtfSession, theirs);
    await tx.manager.delete(KeptCallback, theirs);
    await tx.manager.delete(KeptCallback, { businessUnit, partnerSessionId: In(partnerIds) });
    await tx.manager.delete(KeptCallback, { businessUnit, partnerSubmissionId: In(partnerIds) });
  }

  async copy(tx: Transaction, { businessUnit, submissions }: RecordedPerson): Promise<readonly object[]> {
    const where = { businessUnit, submissionId: In(submissions.filter(isGtfSession).map(({ id }) => id)) };
    const sessions = await tx.manager.find(GtfSession, { where, order: { createdAt: 'ASC' } });
    const documents = await tx.manager.find(GtfDocument, { where, order: { type: 'ASC' } });
    return sessions.map(
      ({ submissionId, family, partnerSessionId, sdkSessionId, partnerSubmissionId, createdAt }) => ({
        ...{ submissionId, family, partnerSessionId, sdkSessionId, partnerSubmissionId, createdAt },
        documents: documents
          .filter((document) => document.submissionId === submissionId)
          .map(({ type, bytes, uploadedAt }) => ({ type, bytes, uploadedAt })),
      }),
    );
  }
}

function isGtfSession({ kind }: Submission): boolean {
  return kind === 'gtf-coe' || kind === 'gtf-siv';
}
