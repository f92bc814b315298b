import { Inject, Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database';
import { JobQueue } from '../../platform/jobs';
import { Clock } from '../../platform/time';
import { type GtfSettings, gtfSettings } from '../gtf.settings';
import { lookAfterSeconds } from './poll-times';
import { type GtfSession, SessionRepository } from '../sessions/session.repository';

/** The job that looks; its data are unit, submission, the round's start (epoch ms) and the look's number. */
export const LOOK_JOB = 'gtf-look';

/** Asking GTF by schedule, so that nothing depends on callbacks. A session has one round of looks at a time. */
@Injectable()
export class LookRound {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly jobs: JobQueue,
    private readonly clock: Clock,
    @Inject(gtfSettings.token) private readonly settings: GtfSettings,
  ) {}

  /** Begins (again) to count from now, which is what it returns. */
  async start(tx: Transaction, businessUnit: string, submissionId: string): Promise<Date> {
    const from = this.clock.date();
    await this.sessions.startLooks(tx, businessUnit, submissionId, from);
    await this.#enqueue(tx, businessUnit, submissionId, from, 0);
    return from;
  }

  /** Plans the look after this one. `over`: the time is up. `none`: the round has ended, or this look was made twice. */
  async next(tx: Transaction, session: GtfSession, from: Date): Promise<'planned' | 'none' | 'over'> {
    if (!(await this.sessions.countLook(tx, session))) return 'none';
    const planned = await this.#enqueue(
      tx,
      session.businessUnit,
      session.submissionId,
      from,
      session.looks + 1,
    );
    return planned ? 'planned' : 'over';
  }

  /** Ends the session's round, not one that somebody has started since. */
  async end(tx: Transaction, session: GtfSession): Promise<void> {
    if (session.looksFrom !== null) await this.sessions.endLooks(tx, session, session.looksFrom);
  }

  async #enqueue(
    tx: Transaction,
    businessUnit: string,
    submissionId: string,
    from: Date,
    look: number,
  ): Promise<boolean> {
    const { GTF_POLL_SCHEDULE: schedule, GTF_POLL_DEADLINE_SECONDS: deadline } = this.settings.values;
    const after = lookAfterSeconds(look, schedule, deadline);
    if (after === null) return false;
    const startAfterSeconds = Math.max(0, (from.getTime() + after * 1000 - this.clock.now()) / 1000);
    const data = { businessUnit, submissionId, from: from.getTime(), look };
    await this.jobs.enqueue(tx, LOOK_JOB, data, { startAfterSeconds });
    return true;
  }
}
