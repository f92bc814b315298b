import { Injectable } from '@nestjs/common';
import type { UserCaller } from '../../auth';
import { type EventData, Ledger, PARTNER_SUBMISSION, People } from '../../kyc-ledger';
import type { Transaction } from '../../platform/database';
import { CallbackInbox } from '../callbacks/callback-inbox.service';
import type { GtfSession } from '../gtf.entity';
import { SessionRepository } from './session.repository';

/** A session that GTF has agreed to. */
export interface OpenedSession extends Pick<
  GtfSession,
  'submissionId' | 'family' | 'partnerSessionId' | 'sdkSessionId' | 'partnerSubmissionId'
> {
  readonly email: string | null;
  readonly data: EventData;
}

/** Stores a session with its submission: who it is about, and by which ids GTF knows it. */
@Injectable()
export class SessionOpening {
  constructor(
    private readonly ledger: Ledger,
    private readonly people: People,
    private readonly sessions: SessionRepository,
    private readonly inbox: CallbackInbox,
  ) {}

  /** @param prepare what else the opening writes; it may refer to the session */
  async open(
    tx: Transaction,
    caller: UserCaller,
    { email, data, ...ids }: OpenedSession,
    prepare: () => Promise<void>,
  ): Promise<void> {
    const { businessUnit, subject, phoneNumber } = caller;
    const { submissionId, family, partnerSubmissionId, partnerSessionId } = ids;
    const person = await this.people.personOfToken(tx, caller);
    if (email !== null) await this.people.remember(tx, person, 'email', email);
    const personEntry = await this.sessions.keepPerson(tx, person, { userId: subject, phoneNumber, email });
    const session = { businessUnit, ...ids, personEntry, pollsFrom: null, polls: 0 };
    await this.sessions.add(tx, session);
    await this.inbox.processParked(tx, businessUnit, { partnerSubmissionId, partnerSessionId });
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
