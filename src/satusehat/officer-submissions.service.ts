import { Inject, Injectable } from '@nestjs/common';
import type { BackOfficeCaller, Context, UserCaller } from '../auth';
import {
  type EventData,
  Ledger,
  People,
  PersonVault,
  type Submission,
  SubmissionAccess,
  SubmissionRepository,
} from '../kyc-ledger';
import type { Transaction } from '../platform/database';
import { invalidState, notFound } from '../platform/errors';
import { type Limit, Limits } from '../platform/limits';
import type { Asking } from './partner/satusehat.client';
import { type SatusehatSettings, satusehatSettings } from './satusehat.settings';

/** Who may ask the Ministry: an officer, or the unit's back office for its officers. */
export type Asker = UserCaller | BackOfficeCaller;

/** For whom the Ministry is asked. */
export function askingFor({ caller, deadline }: Context<Asker>): Asking {
  const person = caller.kind === 'user' ? { person: caller.subject } : {};
  return { origin: { businessUnit: caller.businessUnit, ...person }, deadline };
}

/** What an opening event says: what the Ministry issued, never the thing itself; and the consent, if one was named. */
type OpeningData = EventData & { readonly issued: 'validation-url' | 'challenge-code' };

const HOUR_SECONDS = 3_600;

/** How often the Ministry is asked for one officer, or for one unit's back end, which asks for all of its officers. */
@Injectable()
export class OfficerLimits {
  readonly #perOfficer: Limit;
  readonly #perUnit: Limit;

  constructor(limits: Limits, @Inject(satusehatSettings.token) { values }: SatusehatSettings) {
    this.#perOfficer = limits.forCallers({
      name: 'satusehat-officer',
      times: values.SATUSEHAT_LIMIT_PER_OFFICER_PER_HOUR,
      seconds: HOUR_SECONDS,
      refusal: 'This officer asked for too many pages and codes within an hour.',
    });
    this.#perUnit = limits.forCallers({
      name: 'satusehat-unit',
      times: values.SATUSEHAT_LIMIT_PER_UNIT_PER_HOUR,
      seconds: HOUR_SECONDS,
      refusal: 'The back office asked for too many pages and codes within an hour.',
    });
  }

  /** @throws GatewayError 429 */
  async take(caller: Asker): Promise<void> {
    const { businessUnit } = caller;
    if (caller.kind === 'user') await this.#perOfficer.take(businessUnit, caller.subject);
    else await this.#perUnit.take(businessUnit);
  }
}

/**
 * Officers' submissions in the ledger. They belong to the officer who opened them; those of the back office to a person without
 * a name yet. Only the back office's decision names the patient, so that nothing about patients is kept before (satusehat.md §9).
 */
@Injectable()
export class OfficerSubmissions {
  constructor(
    private readonly people: People,
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
        ? await this.people.personOfToken(tx, caller)
        : await this.people.create(tx, businessUnit);
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
   * Holds an open submission and its officer until the transaction ends: no decision and no erasure comes between.
   * @throws GatewayError 404 when they were forgotten meanwhile, 409 when it was decided
   */
  async hold(tx: Transaction, businessUnit: string, submissionId: string): Promise<void> {
    const submission = await this.submissions.lock(tx, businessUnit, submissionId);
    const officer = submission && (await this.vault.hold(tx, businessUnit, submission.personId));
    if (submission === undefined || officer === undefined) throw noSubmission();
    refuseDecided(submission);
  }

  /** @throws GatewayError 404 unless it is a SATUSEHAT submission that the caller may see; 409 once it is decided */
  async assertOpen(caller: Asker, submissionId: string): Promise<void> {
    const submission = await this.access.resolve(caller, submissionId);
    if (submission.kind !== 'satusehat') throw noSubmission();
    refuseDecided(submission);
  }
}

function refuseDecided({ status }: Submission): void {
  if (status !== 'open')
    throw invalidState(`The submission is ${status}: it takes no further challenge code.`);
}

function noSubmission(): Error {
  return notFound('There is no such submission.');
}
