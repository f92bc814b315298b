import { randomUUID } from 'node:crypto';
import type { UserCaller } from '../../src/auth';
import { CallbackInbox } from '../../src/gtf/callbacks/callback-inbox.service';
import { Inquiry, type Answer } from '../../src/gtf/polling/gtf-status-reader.service';
import { JourneyOpening } from '../../src/gtf/sessions/session-opening.service';
import { Doorkeeper } from '../../src/gtf/callbacks/callback.processor';
import { LookRound } from '../../src/gtf/polling/poll-schedule.service';
import { LookWorker } from '../../src/gtf/polling/status-poll.processor';
import { Reconciliation } from '../../src/gtf/results/reconciliation.service';
import { type GtfSession, SessionRepository } from '../../src/gtf/sessions/session.repository';
import { Settlement } from '../../src/gtf/results/result-recorder.service';
import { SubmissionRepository } from '../../src/kyc-ledger';
import { Database } from '../../src/platform/database';
import { type EnqueueOptions, type JobData, JobQueue } from '../../src/platform/jobs';
import { Clock } from '../../src/platform/time';
import type { TestGateway } from './test-gateway';

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
  readonly answers = new Map<string, () => Answer>();
  readonly reconciliation: Reconciliation;
  readonly doorkeeper: Doorkeeper;
  readonly inbox: CallbackInbox;
  readonly #sessions: SessionRepository;
  readonly #spies: jest.SpyInstance[];

  constructor(private readonly gateway: TestGateway) {
    this.reconciliation = this.#get(Reconciliation);
    this.doorkeeper = this.#get(Doorkeeper);
    this.inbox = this.#get(CallbackInbox);
    this.#sessions = this.#get(SessionRepository);
    const take = (_tx: unknown, name: string, data: JobData, options: EnqueueOptions = {}): Promise<void> => {
      this.jobs.push({ name, data, dueAt: this.now + (options.startAfterSeconds ?? 0) * 1000 });
      return Promise.resolve();
    };
    const ask = (session: GtfSession): Promise<Answer> =>
      Promise.resolve().then(() => this.answers.get(session.submissionId)?.() ?? 'nothing-yet');
    this.#spies = [
      jest.spyOn(this.#get(Clock), 'now').mockImplementation(() => this.now),
      jest.spyOn(this.#get(JobQueue), 'enqueue').mockImplementation(take),
      jest.spyOn(this.#get(Inquiry), 'ask').mockImplementation(ask),
    ];
  }

  release(): void {
    for (const spy of this.#spies) spy.mockRestore();
  }

  /** A journey of one of a few people, its round of looks begun. */
  async open(family: 'coe' | 'siv' = 'siv', person = 'person'): Promise<GtfSession> {
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
    const journey = {
      submissionId,
      family,
      partnerSessionId: randomUUID(),
      sdkSessionId: randomUUID(),
      partnerSubmissionId: family === 'coe' ? randomUUID() : null,
      email: null,
      data: {},
    };
    await this.#get(Database).transaction((tx) =>
      this.#get(JourneyOpening).open(tx, caller, journey, async () => {
        await this.#get(LookRound).start(tx, UNIT, submissionId);
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

  /** Lets time pass up to `until`, doing every look when it is due. */
  async liveUntil(until: number): Promise<void> {
    for (;;) {
      const [next] = this.jobs
        .filter(({ name, dueAt }) => name === 'gtf-look' && dueAt <= until)
        .sort((a, b) => a.dueAt - b.dueAt);
      if (next === undefined) break;
      this.jobs.splice(this.jobs.indexOf(next), 1);
      this.now = Math.max(this.now, next.dueAt);
      await this.look(next.data);
    }
    this.now = Math.max(this.now, until);
  }

  /** What happens at the deadline. */
  async giveUp(submissionId: string): Promise<void> {
    const session = await this.session(submissionId);
    await this.#get(Database).transaction((tx) => this.#get(Settlement).giveUp(tx, session));
  }

  /** One look, as the job does it: only while it is the present one of its round. */
  async look({ submissionId, from, look }: JobData): Promise<void> {
    const session = await this.session(String(submissionId));
    const isCurrent = session.looksFrom?.getTime() === from && session.looks === look;
    if (session.looksFrom !== null && isCurrent) await this.#get(LookWorker).look(session, session.looksFrom);
  }

  #get<T>(type: new (...args: never[]) => T): T {
    return this.gateway.app.get<T>(type, { strict: false });
  }
}
