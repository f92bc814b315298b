import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller } from '../auth';
import { type Alongside, Database, type Transaction } from '../platform/database';
import { GatewayError, invalidState, unprocessable } from '../platform/errors';
import type { EventData } from './event';
import { EMPTY_IDENTITY, type Identity, readIdentity, writeIdentity } from './identity';
import type { Happening } from './happening';
import { Ledger } from './ledger';
import { type Person, PersonVault } from './person-vault';
import { IDENTITY, type Submission } from './projection';
import { SubmissionRepository } from './submission.repository';
import { verdict } from './submission-state';

/** The job that brings an approved submission to Common KYC; payload `{ businessUnit, submissionId }`. */
export const COMMON_KYC_STORE_JOB = 'common-kyc-store';

/** What the back office puts right while approving. */
export type Corrections = { readonly [Field in keyof Omit<Identity, 'ktp'>]?: string | undefined };

/** A decision on what somebody saw. `expected`: the submission's `lastSeq` then; null decides whatever happened since. */
export interface Decision {
  readonly caller: BackOfficeCaller;
  readonly submission: Submission;
  readonly expected: number | null;
}

type Prepared = Pick<Happening, 'data' | 'personal' | 'owner' | 'followUps'>;

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
   * @param alongside gets the submission as it stands then
   * @throws GatewayError 409 `invalid_state`, 412 `precondition_failed`, 422 `incomplete_data`
   */
  async approve(
    decision: Decision,
    corrections: Corrections,
    consent: EventData,
    alongside: Alongside<Submission>,
  ): Promise<Submission> {
    return this.database.transaction(async (tx) => {
      const approved = await this.#decide(tx, decision, 'kyc.approved', (submission) =>
        this.#approval(tx, decision, submission, corrections, consent),
      );
      await alongside(tx, approved);
      return approved;
    });
  }

  /** @throws GatewayError 409 `invalid_state`, 412 `precondition_failed` */
  async reject(decision: Decision, reason: string): Promise<Submission> {
    const data = { by: decision.caller.credential, reasonCode: reason };
    return this.database.transaction((tx) =>
      this.#decide(tx, decision, 'kyc.rejected', () => Promise.resolve({ data })),
    );
  }

  async #approval(
    tx: Transaction,
    { caller }: Decision,
    submission: Submission,
    corrections: Corrections,
    consent: EventData,
  ): Promise<Prepared> {
    const known = await this.#identity(tx, submission);
    const given = CORRECTABLE.filter((field) => corrections[field] !== undefined);
    const identity = { ...known, ...Object.fromEntries(given.map((field) => [field, corrections[field]])) };
    // A KTP shows no e-mail address; SATUSEHAT gives no data at all, so there every field has to come with the approval.
    const email = identity.email ?? (submission.kind === 'satusehat' ? null : '');
    const complete = { ...identity, email };
    refuseIncomplete(complete);
    const { businessUnit, id: submissionId } = submission;
    return {
      data: { by: caller.credential, corrected: given, ...consent },
      personal: { [IDENTITY]: writeIdentity(complete) },
      owner: await this.#owner(tx, submission, complete),
      followUps: [{ job: COMMON_KYC_STORE_JOB, data: { businessUnit, submissionId } }],
    };
  }

  async #decide(
    tx: Transaction,
    { submission: seen, expected }: Decision,
    type: 'kyc.approved' | 'kyc.rejected',
    prepare: (submission: Submission) => Promise<Prepared>,
  ): Promise<Submission> {
    const { businessUnit, id: submissionId } = seen;
    const locked = await this.submissions.lock(tx, businessUnit, submissionId);
    if (locked === undefined) throw new Error('a submission never disappears');
    const { kind, status, lastSeq } = locked;
    const result = verdict(kind, status, type);
    if (result === 'same') return locked;
    if (result === 'refused' || result === 'contradiction')
      throw invalidState(`A submission that is ${status} cannot be decided about.`);
    if (expected !== null && expected !== lastSeq)
      throw new GatewayError(412, 'precondition_failed', 'The submission has changed since you looked.');
    const happening = { businessUnit, submissionId, type, sourceKey: `${type}:${submissionId}` };
    await this.ledger.append(tx, { ...happening, ...(await prepare(locked)) });
    // The officer is told which event decided, and that is for the chain to say.
    return (await this.submissions.lock(tx, businessUnit, submissionId)) ?? locked;
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

  /** Whose data is approved: the person who started the journey, for SATUSEHAT the patient, whom only the data names. */
  async #owner(tx: Transaction, submission: Submission, identity: Complete): Promise<Person> {
    const { businessUnit, kind } = submission;
    if (kind === 'satusehat') return this.vault.personOfPhone(tx, businessUnit, identity.phoneNumber);
    const owner = await this.vault.hold(tx, businessUnit, submission.personId);
    if (owner === undefined) throw invalidState('The person asked to be forgotten.');
    await this.vault.remember(tx, owner, 'phone', identity.phoneNumber);
    return owner;
  }
}

type Complete = { readonly [Field in (typeof CORRECTABLE)[number]]: string };

function refuseIncomplete(identity: Identity): asserts identity is Identity & Complete {
  const missing = CORRECTABLE.filter((field) => identity[field] === null);
  if (missing.length > 0)
    throw unprocessable(
      'incomplete_data',
      'Common KYC needs more than is known: send what is missing along with the approval.',
      missing.map((field) => ({ field, message: 'is not known' })),
    );
}
