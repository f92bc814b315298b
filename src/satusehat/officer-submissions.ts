import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller, UserCaller } from '../auth';
import { type EventData, Ledger, PersonVault, SubmissionAccess, SubmissionRepository } from '../kyc-ledger';
import type { Transaction } from '../platform/database';
import { invalidState, notFound } from '../platform/errors';

/** Who may ask the Ministry: an officer, or the unit's back office for its officers. */
export type Asker = UserCaller | BackOfficeCaller;

/** What an opening event says: what the Ministry issued, never the thing itself; and the consent, if one was named. */
type OpeningData = EventData & { readonly issued: 'validation-url' | 'challenge-code' };

/**
 * Officers' submissions in the ledger. They belong to the officer who opened them; those of the back office to nobody yet. The patient
 * is named in the back office's decision alone, so that nothing about patients is kept before (satusehat.md §9).
 */
@Injectable()
export class OfficerSubmissions {
  constructor(
    private readonly vault: PersonVault,
    private readonly ledger: Ledger,
    private readonly access: SubmissionAccess,
    private readonly submissions: SubmissionRepository,
  ) {}

  async open(tx: Transaction, caller: Asker, submissionId: string, data: OpeningData): Promise<void> {
    const { businessUnit } = caller;
    const phoneNumber = caller.kind === 'user' ? caller.phoneNumber : null;
    const person =
      caller.kind === 'user'
        ? await this.vault.personOfSubject(tx, businessUnit, caller.subject, phoneNumber)
        : await this.vault.create(tx, businessUnit);
    await this.ledger.open(tx, {
      person,
      kind: 'satusehat',
      openedBy: caller.kind,
      sourceKey: `satusehat:${submissionId}`,
      data,
      phoneNumber,
      submissionId,
    });
  }

  /**
   * Holds a submission and its officer until the transaction ends: what is kept beside it is forgotten with them.
   * @throws GatewayError 404 when they were forgotten meanwhile
   */
  async hold(tx: Transaction, businessUnit: string, submissionId: string): Promise<void> {
    const submission = await this.submissions.lock(tx, businessUnit, submissionId);
    const officer = submission && (await this.vault.hold(tx, businessUnit, submission.personId));
    if (officer === undefined) throw noSubmission();
  }

  /** @throws GatewayError 404 unless it is a SATUSEHAT submission that the caller may see; 409 once it is decided */
  async assertOpen(caller: Asker, submissionId: string): Promise<void> {
    const { kind, status } = await this.access.resolve(caller, submissionId);
    if (kind !== 'satusehat') throw noSubmission();
    if (status !== 'open')
      throw invalidState(`The submission is ${status}: it takes no further challenge code.`);
  }
}

function noSubmission(): Error {
  return notFound('There is no such submission.');
}
