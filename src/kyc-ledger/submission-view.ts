import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database';
import { SubmissionDto } from './dto/submission.dto';
import { PersonVault } from './person-vault';
import type { Submission } from './projection';

/** Submissions as the API shows them; phone numbers come from the vault, `null` once the person is restricted or erased. */
@Injectable()
export class SubmissionViews {
  constructor(private readonly vault: PersonVault) {}

  async one(submission: Submission, within?: Transaction): Promise<SubmissionDto> {
    const [view] = await this.many(submission.businessUnit, [submission], within);
    if (view === undefined) throw new Error('one submission has one view');
    return view;
  }

  async many(
    unit: string,
    submissions: readonly Submission[],
    within?: Transaction,
  ): Promise<SubmissionDto[]> {
    const entries = submissions.flatMap(({ phoneEntry }) => (phoneEntry === null ? [] : [phoneEntry]));
    const phones = await this.vault.read(unit, entries, within, 'hidden');
    return submissions.map((submission) => ({
      id: submission.id,
      kind: submission.kind,
      status: submission.status,
      phoneNumber: submission.phoneEntry === null ? null : (phones.get(submission.phoneEntry) ?? null),
      partnerSubmissionId: submission.partnerSubmissionId,
      reasonCode: submission.reasonCode,
      verification: submission.verification,
      createdAt: submission.createdAt,
      updatedAt: submission.updatedAt,
    }));
  }
}
