import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Context } from '../auth';
import { type EventData, Ledger } from '../kyc-ledger';
import { Database, type TransactionHook } from '../platform/database';
import { invalidField, invalidState } from '../platform/errors';
import { FrameSessionRepository } from './frame-session.repository';
import { type Asker, askingFor, OfficerSubmissions } from './officer-submissions.service';
import { SatusehatClient } from './partner/satusehat.client';
import type { ChallengeCodeDto, ValidationUrlDto } from './satusehat.dto';
import type { ChallengeCode, NamedPerson } from './validation';

/** What an officer asks for. */
export interface WantedCode {
  readonly patient: NamedPerson;
  /** An open submission of the caller's own; undefined opens one. */
  readonly submissionId: string | undefined;
  /** The patient's, as the event says it. */
  readonly consent: EventData;
}

/**
 * Opens validation pages for officers, and issues challenge codes for patients, on an officer's open submission or on a new one. A page
 * reports nothing back, so that a decision has to end its submission.
 */
@Injectable()
export class SatusehatService {
  constructor(
    private readonly client: SatusehatClient,
    private readonly database: Database,
    private readonly ledger: Ledger,
    private readonly submissions: OfficerSubmissions,
    private readonly frames: FrameSessionRepository,
  ) {}

  /**
   * @param consent the officer's, as the event says it
   * @param alongside comes when the Ministry has agreed
   * @throws PartnerError
   */
  async openPage(
    context: Context<Asker>,
    officer: NamedPerson,
    consent: EventData,
    alongside: TransactionHook<ValidationUrlDto>,
  ): Promise<ValidationUrlDto> {
    const { caller } = context;
    const { businessUnit } = caller;
    const { token, url, privateKey } = await this.client.validationPage(askingFor(context), officer);
    const submissionId = randomUUID();
    const issued = { submissionId, url, token };
    await this.database.transaction(async (tx) => {
      await alongside(tx, issued);
      if (this.client.sealsChallenges(businessUnit))
        await this.frames.keep(tx, businessUnit, submissionId, { token, privateKey: privateKey() });
      await this.submissions.open(tx, caller, submissionId, { issued: 'validation-url', ...consent });
    });
    return issued;
  }

  /**
   * @param alongside comes when the Ministry has agreed
   * @throws PartnerError; GatewayError 404 for a submission that is not theirs, 409 for one that is decided
   */
  async issueCode(
    context: Context<Asker>,
    { patient, submissionId: given, consent }: WantedCode,
    alongside: TransactionHook<ChallengeCodeDto>,
  ): Promise<ChallengeCodeDto> {
    const { caller } = context;
    if (given !== undefined) await this.submissions.assertOpen(caller, given);
    const code = await this.#ask(context, patient, given);
    const submissionId = given ?? randomUUID();
    const issued = { ...code, submissionId };
    await this.database.transaction(async (tx) => {
      if (given !== undefined) await this.submissions.hold(tx, caller.businessUnit, given);
      await alongside(tx, issued);
      if (given === undefined)
        await this.submissions.open(tx, caller, submissionId, { issued: 'challenge-code' });
      await this.ledger.append(tx, {
        businessUnit: caller.businessUnit,
        submissionId,
        type: 'challenge_code.issued',
        sourceKey: `satusehat:${submissionId}:${randomUUID()}`,
        data: { expiresAt: code.expiresAt.toISOString(), ...consent },
      });
    });
    return issued;
  }

  async #ask(context: Context<Asker>, patient: NamedPerson, given?: string): Promise<ChallengeCode> {
    const { businessUnit } = context.caller;
    const asking = askingFor(context);
    if (!this.client.sealsChallenges(businessUnit)) return this.client.challengeCode(asking, patient, null);
    if (given === undefined)
      throw invalidField('submissionId', 'is needed: here a challenge code belongs to a validation page');
    const frame = await this.frames.find(businessUnit, given);
    if (frame === undefined)
      throw invalidState('The submission has no validation page of the last 30 minutes: open another one.');
    return this.client.challengeCode(asking, patient, frame);
  }
}
