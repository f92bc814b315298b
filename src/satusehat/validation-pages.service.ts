import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Context } from '../auth';
import type { EventData } from '../kyc-ledger';
import { type TransactionHook, Database } from '../platform/database';
import { FrameSessionRepository } from './frame-session.repository';
import { type Asker, askingFor, OfficerSubmissions } from './officer-submissions.service';
import { SatusehatClient } from './partner/satusehat.client';
import type { ValidationUrlDto } from './satusehat.dto';
import type { NamedPerson } from './validation';

/** Opens validation pages. Each is a submission; the page reports nothing back, so that a decision has to end it. */
@Injectable()
export class ValidationPagesService {
  constructor(
    private readonly client: SatusehatClient,
    private readonly database: Database,
    private readonly submissions: OfficerSubmissions,
    private readonly frames: FrameSessionRepository,
  ) {}

  /**
   * @param consent the officer's, as the event says it
   * @param alongside comes when the Ministry has agreed
   * @throws PartnerError
   */
  async open(
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
}
