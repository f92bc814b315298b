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

/** A submission's share among the others of its phone number. */
export interface GroupedShare {
  /** Locked until the transaction ends. */
  readonly submission: Submission;
  readonly kyc: ApprovedKyc;
  readonly numberDigest: Buffer;
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
   * Locks the submission, as forgetting its person does; a share that is not there yet is added. Null when the person asked to be
   * forgotten; otherwise they are held.
   */
  async lock(tx: Transaction, { businessUnit, id }: Submission): Promise<GroupedShare | null> {
    const submission = await this.submissions.lock(tx, businessUnit, id);
    if (submission === undefined) throw new Error('a submission never disappears');
    const { identityEntry } = submission;
    const entry =
      identityEntry === null ? undefined : await this.vault.readHeld(tx, businessUnit, identityEntry);
    if (entry === undefined || entry.person.row.restricted_until !== null) return null;
    const kyc = complete(readIdentity(entry.text));
    const numberDigest = this.index.digest('common-kyc phone number', businessUnit, kyc.phoneNumber);
    const group = { businessUnit, numberDigest };
    const shares = await this.repository.ofGroup(tx, group);
    const known = shares.find(({ submissionId }) => submissionId === id);
    if (known !== undefined) return { submission, kyc, numberDigest, own: known, shares };
    const own = this.#first(submission, kyc, await databaseTime(tx));
    await this.repository.add(tx, group, entry.person.id, own);
    return { submission, kyc, numberDigest, own, shares: [...shares, own] };
  }

  #first({ businessUnit, id, lastSeq }: Submission, kyc: ApprovedKyc, now: Date): Share {
    const { phoneNumber, fullName, nik, dateOfBirth, email } = kyc;
    const fields = [phoneNumber, fullName, nik, dateOfBirth, email];
    return {
      submissionId: id,
      version: lastSeq,
      content: this.index.digest('common-kyc content', businessUnit, ...fields).toString('hex'),
      state: 'waiting',
      tries: 0,
      dueAt: now,
      giveUpAt: new Date(now.getTime() + GIVE_UP_AFTER_MS),
      acceptedAt: null,
    };
  }
}

/** Approval demands every field: a gap here is a fault of the program. */
function complete({ phoneNumber, fullName, nik, dateOfBirth, email }: Identity): ApprovedKyc {
  if (phoneNumber === null || fullName === null || nik === null || dateOfBirth === null || email === null)
    throw new Error('approved data lacks a field that Common KYC needs');
  return { phoneNumber, fullName, nik, dateOfBirth, email };
}
