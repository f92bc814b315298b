import { Injectable } from '@nestjs/common';
import type { UserCaller } from '../../auth';
import { type EventData, Ledger, PARTNER_SUBMISSION, People } from '../../kyc-ledger';
import type { Transaction } from '../../platform/database';
import { Clock } from '../../platform/time';
import { CallbackInbox } from '../callbacks/callback-inbox.service';
import { type Family, SessionRepository } from './session.repository';

/** A journey that GTF has agreed to. */
export interface OpenedJourney {
  readonly submissionId: string;
  readonly family: Family;
  readonly partnerSessionId: string;
  readonly sdkSessionId: string;
  readonly partnerSubmissionId: string | null;
  readonly email: string | null;
  readonly data: EventData;
}

/** Brings a journey into the ledger: the submission, who it is about, and what GTF calls it. */
@Injectable()
export class JourneyOpening {
  constructor(
    private readonly ledger: Ledger,
    private readonly people: People,
    private readonly sessions: SessionRepository,
    private readonly inbox: CallbackInbox,
    private readonly clock: Clock,
  ) {}

  /** @param prepare what else the opening writes; it may refer to the session */
  async open(
    tx: Transaction,
    caller: UserCaller,
    journey: OpenedJourney,
    prepare: () => Promise<void>,
  ): Promise<void> {
    const { businessUnit, subject, phoneNumber } = caller;
    const { submissionId, family, partnerSessionId, sdkSessionId, partnerSubmissionId, email, data } =
      journey;
    const person = await this.people.personOfToken(tx, caller);
    if (email !== null) await this.people.remember(tx, person, 'email', email);
    const personEntry = await this.sessions.keepPerson(tx, person, { userId: subject, phoneNumber, email });
    const session = {
      businessUnit,
      submissionId,
      family,
      partnerSessionId,
      sdkSessionId,
      partnerSubmissionId,
    };
    await this.sessions.add(tx, { ...session, personEntry, looksFrom: null, looks: 0 }, this.clock.date());
    await this.inbox.knockForParked(tx, businessUnit, { partnerSubmissionId, partnerSessionId });
    await prepare();
    // Last: from here to the commit every other event of the unit waits.
    await this.ledger.open(tx, {
      person,
      kind: family === 'coe' ? 'gtf-coe' : 'gtf-siv',
      openedBy: 'user',
      sourceKey: `gtf:${submissionId}:opened`,
      data,
      ...(partnerSubmissionId === null ? {} : { personal: { [PARTNER_SUBMISSION]: partnerSubmissionId } }),
      phoneNumber,
      submissionId,
    });
  }
}
