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
import type { ApprovedKyc } from '../common-kyc.dto';
import { CommonKycShare, type ShareKey } from './common-kyc-share.entity';

/** How long an outage may last before a share is given up (common-kyc.md §6.1). */
export const GIVE_UP_AFTER_MS = 72 * 3_600_000;

/** A submission's share among the others of its phone number. */
export interface GroupedShare {
  /** Locked until the transaction ends. */
  readonly submission: Submission;
  readonly kyc: ApprovedKyc;
  readonly own: CommonKycShare;
  /** All shares of the phone number, `own` included. */
  readonly shares: readonly CommonKycShare[];
}

/** Finds a submission's share and the others of its phone number. */
@Injectable()
export class ShareGroups {
  constructor(
    private readonly submissions: SubmissionRepository,
    private readonly vault: PersonVault,
    private readonly index: BlindIndex,
  ) {}

  /**
   * Locks the submission, as forgetting its person does; a share that is not there yet is added. Null when the person asked to be
   * forgotten; otherwise they are held.
   */
  async lock(tx: Transaction, { businessUnit, submissionId }: ShareKey): Promise<GroupedShare | null> {
    const submission = await this.submissions.lock(tx, businessUnit, submissionId);
    if (submission === undefined) throw new Error('a submission never disappears');
    const { identityEntry } = submission;
    const entry =
      identityEntry === null ? undefined : await this.vault.readHeld(tx, businessUnit, identityEntry);
    if (entry === undefined || entry.person.row.restrictedUntil !== null) return null;
    const kyc = complete(readIdentity(entry.text));
    const numberDigest = this.index.digest('common-kyc phone number', businessUnit, kyc.phoneNumber);
    const shares = await tx.manager.find(CommonKycShare, {
      where: { businessUnit, numberDigest },
      order: { version: 'ASC' },
    });
    const known = shares.find((share) => share.submissionId === submissionId);
    if (known !== undefined) return { submission, kyc, own: known, shares };
    const now = await databaseTime(tx);
    const own: CommonKycShare = {
      businessUnit,
      submissionId,
      personId: entry.person.id,
      numberDigest,
      content: this.#contentDigest(businessUnit, kyc),
      version: submission.lastSeq,
      state: 'waiting',
      tries: 0,
      dueAt: now,
      giveUpAt: new Date(now.getTime() + GIVE_UP_AFTER_MS),
      acceptedAt: null,
    };
    await tx.manager.insert(CommonKycShare, own);
    return { submission, kyc, own, shares: [...shares, own] };
  }

  #contentDigest(unit: string, { phoneNumber, fullName, nik, dateOfBirth, email }: ApprovedKyc): string {
    const fields = [phoneNumber, fullName, nik, dateOfBirth, email];
    return this.index.digest('common-kyc content', unit, ...fields).toString('hex');
  }
}

/** Approval demands every field: a gap here is a fault of the program. */
function complete({ phoneNumber, fullName, nik, dateOfBirth, email }: Identity): ApprovedKyc {
  if (phoneNumber === null || fullName === null || nik === null || dateOfBirth === null || email === null)
    throw new Error('approved data lacks a field that Common KYC needs');
  return { phoneNumber, fullName, nik, dateOfBirth, email };
}
