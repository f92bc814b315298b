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
import type { Share } from './share-policy';
import { ShareRepository } from './share.repository';

/** How long an outage may last before a share is given up (common-kyc.md §6.1). */
export const GIVE_UP_AFTER_MS = 72 * 3_600_000;

/** A submission's share among the others of its phone number, locked until the transaction ends. */
export interface GroupedShare {
  readonly submission: Submission;
  readonly kyc: ApprovedKyc;
  readonly own: Share;
  /** All shares of the phone number, `own` included. */
  readonly shares: readonly Share[];
}

/** Finds a submission's share and the others of its phone number. */
@Injectable()
export class ShareGroups {
  constructor(
    private readonly submissions: SubmissionRepository,
    private readonly vault: PersonVault,
    private readonly index: BlindIndex,
    private readonly repository: ShareRepository,
  ) {}

  /**
   * Locks the submission, as forgetting its person does, and then the group; a share that is not there yet is added. Null when the
   * person asked to be forgotten; otherwise they are held.
   */
  async lock(tx: Transaction, { businessUnit, id }: Submission): Promise<GroupedShare | null> {
    const submission = await this.submissions.lock(tx, businessUnit, id);
    if (submission === undefined) throw new Error('a submission never disappears');
    const approved = await this.#approved(tx, submission);
    if (approved === null) return null;
    const { kyc, personId } = approved;
    const numberDigest = this.index.digest('common-kyc phone number', businessUnit, kyc.phoneNumber);
    const group = { businessUnit, numberDigest };
    const shares = await this.repository.lock(tx, group);
    const known = shares.find(({ submissionId }) => submissionId === submission.id);
    const own = known ?? this.#first(submission, kyc, await databaseTime(tx));
    if (known === undefined) await this.repository.add(tx, group, personId, own);
    return { submission, kyc, own, shares: known === undefined ? [...shares, own] : shares };
  }

  #first(submission: Submission, kyc: ApprovedKyc, now: Date): Share {
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

/** Approval demands every field: a gap here is a fault of the program. */
function complete({ phoneNumber, fullName, nik, dateOfBirth, email }: Identity): ApprovedKyc {
  if (phoneNumber === null || fullName === null || nik === null || dateOfBirth === null || email === null)
    throw new Error('approved data lacks a field that Common KYC needs');
  return { phoneNumber, fullName, nik, dateOfBirth, email };
}
