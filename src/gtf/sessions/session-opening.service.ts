import { Injectable } from '@nestjs/common';
import type { UserCaller } from '../../auth';
import { type EventData, Ledger, PARTNER_SUBMISSION, People } from '../../kyc-ledger';
import type { Transaction } from '../../platform/database';
import { CallbackInbox } from '../callbacks/callback-inbox.service';
import { PollSchedule } from '../polling/poll-schedule.service';
import { type NewSession, SessionRepository } from './session.repository';

/** A session that GTF has agreed to, and what the ledger is told of it. */
export interface OpenedSession extends NewSession {
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
    private readonly schedule: PollSchedule,
  ) {}

  /** @param prepare what else the opening writes; it may refer to the session */
  async open(
    tx: Transaction,
    caller: UserCaller,
    { email, data, ...ids }: OpenedSession,
    prepare: () => Promise<void>,
  ): Promise<void> {
    const { businessUnit, subject: userId, phoneNumber } = caller;
    const { submissionId, family, partnerSubmissionId } = ids;
    const person = await this.people.personOfToken(tx, caller);
    if (email !== null) await this.people.remember(tx, person, [{ kind: 'email', value: email }]);
    const session = await this.sessions.add(tx, person, { userId, phoneNumber, email }, ids);
    // In GTF's own screens the person is on their way at once; documents have to be confirmed first.
    if (partnerSubmissionId === null) await this.schedule.start(tx, session);
    await prepare();
    // A callback that comes before the commit finds no session. Were one lost here, polls would make up for it.
    tx.afterCommit(() => void this.inbox.processParked(businessUnit, ids).catch(() => undefined));
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
