import { Injectable } from '@nestjs/common';
import {
  type Identity,
  PersonVault,
  readIdentity,
  type Submission,
  SubmissionRepository,
} from '../../kyc-ledger';
import { BlindIndex } from '../../platform/crypto';
import { databaseTime, type Transaction } from '../../platform/database';
import type { ApprovedKyc } from '../kyc-record';
import type { Push } from './share-policy';
import { type Lane, PushRepository } from './share.repository';

/** How long an outage may last before a push is given up (common-kyc.md §6.1). */
export const GIVE_UP_AFTER_MS = 72 * 3_600_000;

/** A submission's push among the others of its phone number, which nobody else changes until the transaction ends. */
export interface Placed {
  readonly submission: Submission;
  readonly kyc: ApprovedKyc;
  readonly lane: Lane;
  readonly own: Push;
  /** All pushes of the lane, `own` included. */
  readonly pushes: readonly Push[];
}

/** Finds a submission's place in the order of pushes. */
@Injectable()
export class PushPlaces {
  constructor(
    private readonly submissions: SubmissionRepository,
    private readonly vault: PersonVault,
    private readonly index: BlindIndex,
    private readonly repository: PushRepository,
  ) {}

  /**
   * Locks the lane; the push is added on first sight. Null when the person asked to be forgotten; otherwise they are held. The
   * submission is locked: whoever forgets its person locks it first, too.
   */
  async place(tx: Transaction, { businessUnit, id }: Submission): Promise<Placed | null> {
    const submission = await this.submissions.lock(tx, businessUnit, id);
    if (submission === undefined) throw new Error('a submission never disappears');
    const approved = await this.#approved(tx, submission);
    if (approved === null) return null;
    const { kyc, personId } = approved;
    const lane = {
      businessUnit,
      lane: this.index.digest('common-kyc lane', businessUnit, kyc.phoneNumber),
    };
    const pushes = await this.repository.lock(tx, lane);
    const known = pushes.find(({ submissionId }) => submissionId === submission.id);
    const own = known ?? this.#first(submission, kyc, await databaseTime(tx));
    if (known === undefined) await this.repository.add(tx, lane, personId, own);
    return { submission, kyc, lane, own, pushes: known === undefined ? [...pushes, own] : pushes };
  }

  #first(submission: Submission, kyc: ApprovedKyc, now: Date): Push {
    const { phoneNumber, fullName, nik, dateOfBirth, email } = kyc;
    const content = this.index.digest(
      'common-kyc content',
      submission.businessUnit,
      ...[phoneNumber, fullName, nik, dateOfBirth, email],
    );
    return {
      submissionId: submission.id,
      version: submission.lastSeq,
      content: content.toString('hex'),
      state: 'waiting',
      tries: 0,
      dueAt: now,
      giveUpAt: new Date(now.getTime() + GIVE_UP_AFTER_MS),
      leaseUntil: null,
      acceptedAt: null,
    };
  }

  async #approved(
    tx: Transaction,
    { businessUnit, identityEntry }: Submission,
  ): Promise<{ readonly kyc: ApprovedKyc; readonly personId: string } | null> {
    const entry =
      identityEntry === null ? undefined : await this.vault.readHeld(tx, businessUnit, identityEntry);
    return entry === undefined || entry.person.row.restricted_until !== null
      ? null
      : { kyc: complete(readIdentity(entry.text)), personId: entry.person.id };
  }
}

/** Approval demands all of it, so a gap here is a bug, not bad luck. */
function complete({ phoneNumber, fullName, nik, dateOfBirth, email }: Identity): ApprovedKyc {
  if (phoneNumber === null || fullName === null || nik === null || dateOfBirth === null || email === null)
    throw new Error('approved data lacks a field that Common KYC needs');
  return { phoneNumber, fullName, nik, dateOfBirth, email };
}
