import { randomUUID } from 'node:crypto';
import type { UserCaller } from '../../auth';
import { CallbackInbox } from '../callbacks/callback-inbox.service';
import type { GtfStatus } from './gtf-result';
import { GtfStatusReader, Reconciliation } from './reconciliation.service';
import { type OpenedSession, SessionOpening } from '../sessions/session-opening.service';
import { CallbackProcessor } from '../callbacks/callback.processor';
import { PollSchedule } from '../polling/poll-schedule.service';
import { StatusPollProcessor } from '../polling/status-poll.processor';
import type { GtfSession } from '../gtf.entity';
import { SessionRepository } from '../sessions/session.repository';
import { ResultRecorder } from './result-recorder.service';
import { SubmissionRepository } from '../../kyc-ledger';
import { Database } from '../../platform/database';
import { type JobData, Jobs, type SendOptions } from '../../platform/jobs';
import { Clock } from '../../platform/time';
import type { InProcessGateway } from '../../in-process-gateway.fixture';

/** A job that was written and waits for the test to run it. */
export interface WaitingJob {
  readonly name: string;
  readonly data: JobData;
  /** Milliseconds since the epoch. */
  readonly dueAt: number;
}

const UNIT = 'nanovest';

/**
 * The gateway's own GTF module on its real database, with three things in the test's hands: the time, what GTF answers, and when
 * jobs run.
 */
export class GtfWorkbench {
  now = Date.parse('2026-11-22T03:00:00.000Z');
  readonly jobs: WaitingJob[] = [];
  /** What GTF answers about a submission; throws for an outage. */
  readonly answers = new Map<string, () => GtfStatus | null>();
  readonly reconciliation: Reconciliation;
  readonly processor: CallbackProcessor;
  readonly inbox: CallbackInbox;
  readonly #sessions: SessionRepository;
  readonly #spies: jest.SpyInstance[];

  constructor(private readonly gateway: InProcessGateway) {
    this.reconciliation = this.#get(Reconciliation);
    this.processor = this.#get(CallbackProcessor);
    this.inbox = this.#get(CallbackInbox);
    this.#sessions = this.#get(SessionRepository);
    const take = (
      _tx: unknown,
      name: string,
      data: JobData,
      { startAfter }: SendOptions = {},
    ): Promise<void> => {
      this.jobs.push({ name, data, dueAt: startAfter instanceof Date ? startAfter.getTime() : this.now });
      return Promise.resolve();
    };
    const read = (session: GtfSession): Promise<GtfStatus | null> =>
      Promise.resolve().then(() => this.answers.get(session.submissionId)?.() ?? null);
    this.#spies = [
      jest.spyOn(this.#get(Clock), 'now').mockImplementation(() => this.now),
      jest
        .spyOn(this.#get(PollSchedule), 'now')
        .mockImplementation(() => Promise.resolve(new Date(this.now))),
      jest.spyOn(this.#get(Jobs), 'send').mockImplementation(take),
      jest.spyOn(this.#get(GtfStatusReader), 'read').mockImplementation(read),
    ];
  }

  release(): void {
    for (const spy of this.#spies) spy.mockRestore();
  }

  /** A session of one of a few people, its round of polls begun. @param meanwhile what happens before it is there */
  async open(
    family: 'coe' | 'siv' = 'siv',
    person = 'person',
    meanwhile: (opened: OpenedSession) => Promise<void> = () => Promise.resolve(),
  ): Promise<GtfSession> {
    const submissionId = randomUUID();
    const caller: UserCaller = {
      kind: 'user',
      businessUnit: UNIT,
      subject: person,
      phoneNumber: '6285610573956',
      name: null,
      emailAddresses: [],
      expiresAt: new Date(this.now + 3_600_000),
    };
    const opened = {
      submissionId,
      family,
      partnerSessionId: randomUUID(),
      sdkSessionId: randomUUID(),
      partnerSubmissionId: family === 'coe' ? randomUUID() : null,
      email: null,
      data: {},
    };
    await this.#get(Database).transaction((tx) =>
      this.#get(SessionOpening).open(tx, caller, opened, async () => {
        if (family === 'coe') await this.#get(PollSchedule).start(tx, { businessUnit: UNIT, submissionId });
        await meanwhile(opened);
      }),
    );
    return this.session(submissionId);
  }

  async session(submissionId: string): Promise<GtfSession> {
    const session = await this.#sessions.find(UNIT, submissionId);
    if (session === undefined) throw new Error('no such session');
    return session;
  }

  async status(submissionId: string): Promise<string> {
    const submission = await this.#get(SubmissionRepository).find(UNIT, submissionId);
    return submission?.status ?? 'none';
  }

  async events(submissionId: string): Promise<{ type: string; data: Record<string, unknown> }[]> {
    return this.#get(Database).query(
      'SELECT type, data FROM kyc_event WHERE business_unit = $1 AND submission_id = $2 ORDER BY seq',
      [UNIT, submissionId],
    );
  }

  /** Takes the waiting jobs of one kind for one submission (any, when none is given). */
  takeJobs(name: string, matches: (data: JobData) => boolean = () => true): WaitingJob[] {
    const taken = this.jobs.filter((job) => job.name === name && matches(job.data));
    for (const job of taken) this.jobs.splice(this.jobs.indexOf(job), 1);
    return taken;
  }

  /** Lets time pass up to `until`, making every poll when it is due. */
  async liveUntil(until: number): Promise<void> {
    for (;;) {
      const [next] = this.jobs
        .filter(({ name, dueAt }) => name === 'gtf-status-poll' && dueAt <= until)
        .sort((a, b) => a.dueAt - b.dueAt);
      if (next === undefined) break;
      this.jobs.splice(this.jobs.indexOf(next), 1);
      this.now = Math.max(this.now, next.dueAt);
      await this.poll(next.data);
    }
    this.now = Math.max(this.now, until);
  }

  /** What happens at the deadline. */
  async giveUp(submissionId: string): Promise<void> {
    const session = await this.session(submissionId);
    await this.#get(Database).transaction((tx) => this.#get(ResultRecorder).giveUp(tx, session));
  }

  /** One poll, as the job makes it: only while it is the present one of its round. */
  async poll({ submissionId, from, poll }: JobData): Promise<void> {
    await this.#get(StatusPollProcessor).process({
      businessUnit: UNIT,
      submissionId: String(submissionId),
      from: Number(from),
      poll: Number(poll),
    });
  }

  #get<T>(type: new (...args: never[]) => T): T {
    return this.gateway.app.get<T>(type, { strict: false });
  }
}
