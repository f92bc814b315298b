import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller } from '../auth';
import { Database, type Transaction } from '../platform/database';
import { invalidState, unprocessable } from '../platform/errors';
import { EMPTY_IDENTITY, type Identity, readIdentity, writeIdentity } from './identity';
import { Ledger, type Happening } from './ledger';
import { PersonVault } from './person-vault';
import { IDENTITY, type Submission } from './projection';
import { SubmissionRepository } from './submission.repository';
import { verdict } from './submission-state';

/** The job that brings an approved submission to Common KYC; payload `{ businessUnit, submissionId }`. */
export const COMMON_KYC_STORE_JOB = 'common-kyc-store';

/** What the back office puts right while approving. */
export type Corrections = { readonly [Field in keyof Omit<Identity, 'ktp'>]?: string | undefined };

const CORRECTABLE = ['fullName', 'nik', 'dateOfBirth', 'email', 'phoneNumber'] as const;

/** The back office's word on a submission: approve or reject, once. */
@Injectable()
export class Decisions {
  constructor(
    private readonly database: Database,
    private readonly submissions: SubmissionRepository,
    private readonly ledger: Ledger,
    private readonly vault: PersonVault,
  ) {}

  /**
   * Approves and queues the store at Common KYC. A repeat changes nothing.
   * @throws GatewayError 409 `invalid_state`; 422 `incomplete_data` when Common KYC would lack a field
   */
  async approve(caller: BackOfficeCaller, seen: Submission, corrections: Corrections): Promise<Submission> {
    return this.#decide(seen, 'kyc.approved', async (tx, before) => {
      const known = await this.#identity(tx, before);
      const given = CORRECTABLE.filter((field) => corrections[field] !== undefined);
      const identity = { ...known, ...Object.fromEntries(given.map((field) => [field, corrections[field]])) };
      const complete = { ...identity, email: identity.email ?? (before.kind === 'satusehat' ? null : '') };
      refuseIncomplete(complete);
      const changed = JSON.stringify(complete) !== JSON.stringify(known);
      const { businessUnit, id: submissionId } = before;
      return {
        data: { by: caller.credential, corrected: given },
        ...(changed ? { personal: { [IDENTITY]: writeIdentity(complete) } } : {}),
        followUps: [{ job: COMMON_KYC_STORE_JOB, data: { businessUnit, submissionId } }],
      };
    });
  }

  /** @throws GatewayError 409 `invalid_state` */
  async reject(caller: BackOfficeCaller, seen: Submission, reason: string): Promise<Submission> {
    return this.#decide(seen, 'kyc.rejected', () =>
      Promise.resolve({ data: { by: caller.credential, reasonCode: reason } }),
    );
  }

  async #decide(
    seen: Submission,
    type: 'kyc.approved' | 'kyc.rejected',
    prepare: (
      tx: Transaction,
      before: Submission,
    ) => Promise<Pick<Happening, 'data' | 'personal' | 'followUps'>>,
  ): Promise<Submission> {
    return this.database.transaction(async (tx) => {
      const { businessUnit, id: submissionId } = seen;
      const sourceKey = `${type}:${submissionId}`;
      const before = await this.submissions.lock(tx, businessUnit, submissionId);
      if (before === undefined) throw new Error('a submission never disappears');
      const result = verdict(before.kind, before.status, type);
      if (result === 'same') return before;
      if (result === 'refused' || result === 'contradiction')
        throw invalidState(`A submission that is ${before.status} cannot be decided about.`);
      const happening = { businessUnit, submissionId, type, sourceKey };
      const appended = await this.ledger.append(tx, { ...happening, ...(await prepare(tx, before)) });
      return appended.submission;
    });
  }

  async #identity(tx: Transaction, submission: Submission): Promise<Identity> {
    const { businessUnit, identityEntry, phoneEntry } = submission;
    const entries = [identityEntry, phoneEntry].filter((id) => id !== null);
    const clear = await this.vault.read(businessUnit, entries, tx);
    const text = identityEntry === null ? undefined : clear.get(identityEntry);
    const identity = text === undefined ? EMPTY_IDENTITY : readIdentity(text);
    // SATUSEHAT's token belongs to the officer, whose phone number is not the patient's.
    const phone = submission.kind === 'satusehat' || phoneEntry === null ? null : clear.get(phoneEntry);
    return { ...identity, phoneNumber: identity.phoneNumber ?? phone ?? null };
  }
}

function refuseIncomplete(identity: Identity): void {
  const missing = CORRECTABLE.filter((field) => identity[field] === null);
  if (missing.length > 0)
    throw unprocessable(
      'incomplete_data',
      'Common KYC needs more than is known: send what is missing along with the approval.',
      missing.map((field) => ({ field, message: 'is not known' })),
    );
}
