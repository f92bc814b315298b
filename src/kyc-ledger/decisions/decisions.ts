import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller } from '../../auth';
import { type TransactionHook, Database, type Transaction } from '../../platform/database';
import { GatewayError, invalidState } from '../../platform/errors';
import {
  type Approval,
  approvedIdentity,
  overriddenWords,
  refuseOther,
  refuseUnacceptable,
} from './approval';
import type { NewEvent, PersonalData } from '../events/new-event';
import { EMPTY_IDENTITY, type Identity, readIdentity, writeIdentity } from '../people/identity';
import { Ledger } from '../events/ledger';
import { People } from '../people/people';
import { PersonVault } from '../people/person-vault';
import { DECISION, type DecisionNote, IDENTITY } from '../events/projection';
import type { Submission } from '../submissions/submission.entity';
import { SubmissionRepository } from '../submissions/submission.repository';
import { needsOverride, traitsOf, verdict } from '../submissions/submission-state';

/** A decision on what somebody saw. `expected`: the submission's `lastSeq` then; null decides whatever happened since. */
export interface Decision {
  readonly caller: BackOfficeCaller;
  readonly submission: Submission;
  readonly expected: number | null;
}

/** The back office's word on a submission: approve or reject, once. */
@Injectable()
export class Decisions {
  constructor(
    private readonly database: Database,
    private readonly submissions: SubmissionRepository,
    private readonly ledger: Ledger,
    private readonly vault: PersonVault,
    private readonly people: People,
  ) {}

  /**
   * Approves, which brings about what follows an approval. A repeat changes nothing.
   * @param alongside gets the submission as it stands then
   * @throws GatewayError 409 `invalid_state`, `conflict`; 412 `precondition_failed`; 422 `not_correctable`, `reason_required`,
   *   `incomplete_data`
   */
  async approve(
    decision: Decision,
    approval: Approval,
    alongside: TransactionHook<Submission>,
  ): Promise<Submission> {
    return this.database.transaction(async (tx) => {
      const submission = await this.#lock(tx, decision);
      refuseUnacceptable(submission, approval);
      let approved = submission;
      if (isDecided(submission, 'kyc.approved')) await this.#refuseOtherApproval(tx, submission, approval);
      else approved = await this.#approve(tx, decision, submission, approval);
      await alongside(tx, approved);
      return approved;
    });
  }

  /**
   * A repeat changes nothing.
   * @throws GatewayError 409 `invalid_state`, `conflict`; 412 `precondition_failed`
   */
  async reject(decision: Decision, note: DecisionNote): Promise<Submission> {
    return this.database.transaction(async (tx) => {
      const submission = await this.#lock(tx, decision);
      if (isDecided(submission, 'kyc.rejected')) {
        await this.#refuseOtherNote(tx, submission, note);
        return submission;
      }
      refuseChanged(decision, submission);
      // Of somebody who asked to be forgotten nothing more is kept, an officer's reason included.
      const owner = await this.vault.hold(tx, submission.businessUnit, submission.personId);
      return this.#append(tx, submission, 'kyc.rejected', {
        data: { by: decision.caller.credential },
        ...(owner === undefined ? {} : { owner, personal: noted(note) }),
      });
    });
  }

  async #approve(
    tx: Transaction,
    decision: Decision,
    submission: Submission,
    approval: Approval,
  ): Promise<Submission> {
    if (needsOverride(submission.status) && !approval.override)
      throw invalidState(`A submission that is ${submission.status} is approved with an override alone.`);
    refuseChanged(decision, submission);
    const { businessUnit, personId, kind } = submission;
    const isAboutOpener = traitsOf(kind).about === 'opener';
    const opener = isAboutOpener ? await this.vault.hold(tx, businessUnit, personId) : undefined;
    if (isAboutOpener && opener === undefined) throw invalidState('The person asked to be forgotten.');
    const known = await this.#identity(tx, submission);
    const { identity, corrected } = approvedIdentity(submission, known, approval);
    const verification = overriddenWords(submission, corrected);
    return this.#append(tx, submission, 'kyc.approved', {
      data: {
        by: decision.caller.credential,
        corrected,
        ...(approval.override ? { override: true } : {}),
        ...(verification === undefined ? {} : { verification }),
        ...approval.consent,
      },
      personal: { [IDENTITY]: writeIdentity(identity), ...noted(approval) },
      owner: opener ?? (await this.people.personOfPhone(tx, businessUnit, identity.phoneNumber)),
    });
  }

  async #refuseOtherApproval(
    tx: Transaction,
    { businessUnit, identityEntry, decision }: Submission,
    approval: Approval,
  ): Promise<void> {
    if (decision === null) throw new Error('an approved submission without its decision');
    const entry =
      identityEntry === null ? undefined : await this.vault.readHeld(tx, businessUnit, identityEntry);
    const isUsable = entry !== undefined && entry.person.row.restrictedUntil === null;
    refuseOther(decision, isUsable ? readIdentity(entry.text) : null, approval);
  }

  /** What was noted of a person who asked to be forgotten is not compared with anything. */
  async #refuseOtherNote(
    tx: Transaction,
    { businessUnit, decision }: Submission,
    note: DecisionNote,
  ): Promise<void> {
    const entry = decision?.entry ?? null;
    if (entry === null) return;
    const kept = (await this.vault.read(businessUnit, [entry], tx, 'hidden')).get(entry);
    if (kept !== undefined && kept !== noted(note)[DECISION])
      throw new GatewayError(409, 'conflict', 'The submission was rejected with another officer or reason.');
  }

  async #lock(tx: Transaction, { submission: { businessUnit, id } }: Decision): Promise<Submission> {
    const locked = await this.submissions.lock(tx, businessUnit, id);
    if (locked === undefined) throw new Error('a submission never disappears');
    return locked;
  }

  async #append(
    tx: Transaction,
    { businessUnit, id: submissionId }: Submission,
    type: DecisionEvent,
    brought: Pick<NewEvent, 'data' | 'personal' | 'owner'>,
  ): Promise<Submission> {
    const newEvent = { businessUnit, submissionId, type, sourceKey: `${type}:${submissionId}` };
    const { submission } = await this.ledger.append(tx, { ...newEvent, ...brought });
    return submission;
  }

  async #identity(tx: Transaction, submission: Submission): Promise<Identity> {
    const { businessUnit, identityEntry, phoneEntry } = submission;
    const entries = [identityEntry, phoneEntry].filter((id) => id !== null);
    const clear = await this.vault.read(businessUnit, entries, tx);
    const text = identityEntry === null ? undefined : clear.get(identityEntry);
    const identity = text === undefined ? EMPTY_IDENTITY : readIdentity(text);
    // The opener's phone number says nothing of somebody else.
    const isTheirs = traitsOf(submission.kind).about === 'opener';
    const phone = isTheirs && phoneEntry !== null ? clear.get(phoneEntry) : null;
    return { ...identity, phoneNumber: identity.phoneNumber ?? phone ?? null };
  }
}

type DecisionEvent = 'kyc.approved' | 'kyc.rejected';

/**
 * Whether the same decision was made before.
 * @throws GatewayError 409 `invalid_state` where it cannot be made
 */
function isDecided({ kind, status }: Submission, type: DecisionEvent): boolean {
  const result = verdict(kind, status, type);
  if (result === 'refused' || result === 'contradiction')
    throw invalidState(`A submission that is ${status} cannot be decided about.`);
  return result === 'same';
}

function refuseChanged({ expected }: Decision, { lastSeq }: Submission): void {
  if (expected !== null && expected !== lastSeq)
    throw new GatewayError(412, 'precondition_failed', 'The submission has changed since you looked.');
}

function noted({ officer, reason }: DecisionNote): PersonalData {
  return officer === null && reason === null ? {} : { [DECISION]: JSON.stringify({ officer, reason }) };
}
