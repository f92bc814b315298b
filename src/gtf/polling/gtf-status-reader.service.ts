import { Injectable } from '@nestjs/common';
import { PartnerError } from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import { CoeClient } from '../partner/coe.client';
import { SivClient } from '../partner/siv.client';
import type { GtfResult, GtfStatus } from '../results/gtf-result';
import { readCard } from '../results/ktp-card';
import { type GtfSession, type GtfSessionIds, sessionIdsOf } from '../sessions/gtf-session';
import { SessionRepository } from '../sessions/session.repository';

/** `not-begun`: the person has not opened GTF's screens yet. `person-gone`: the person is erased or restricted. */
export type GtfStatusReading = GtfStatus | 'not-begun' | 'person-gone';

/** Asks GTF with our own credentials: the only source of results. What callbacks and redirects say is not used (gtf.md §7.12). */
@Injectable()
export class GtfStatusReader {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly coe: CoeClient,
    private readonly siv: SivClient,
    private readonly clock: Clock,
  ) {}

  /** @throws PartnerError */
  async read(session: GtfSession, deadline: Deadline): Promise<GtfStatusReading> {
    const person = await this.sessions.person(session);
    if (person === undefined) return 'person-gone';
    const result = await this.#ask(session, sessionIdsOf(session, person), deadline);
    if (result === null) return 'not-begun';
    return { result, card: result.ktp === null ? null : readCard(result.ktp, person, this.clock.date()) };
  }

  async #ask(session: GtfSession, ids: GtfSessionIds, deadline: Deadline): Promise<GtfResult | null> {
    switch (session.family) {
      case 'siv':
        return this.siv.details(ids, deadline);
      case 'coe':
        return this.#askCoe(ids, session, deadline);
    }
  }

  /**
   * Details may not exist before processing ends, and it is not documented whether their words for "under way" already mean a
   * confirmed submission (gtf.md §3.5): the status answers both. In GTF's own screens the submission exists once the person begins.
   */
  async #askCoe(
    ids: GtfSessionIds,
    { partnerSubmissionId, pollsFrom }: GtfSession,
    deadline: Deadline,
  ): Promise<GtfResult | null> {
    try {
      const result = await this.coe.details(ids, partnerSubmissionId, deadline);
      const isUnderWay = result.state === 'processing' || result.state === 'unrecognised';
      if (!isUnderWay || pollsFrom !== null || partnerSubmissionId === null) return result;
      return await this.coe.status(ids, partnerSubmissionId, deadline);
    } catch (error) {
      if (!(error instanceof PartnerError) || error.publicCode !== 'SUBMISSION_DOES_NOT_EXIST') throw error;
      if (partnerSubmissionId === null) return null;
      return this.coe.status(ids, partnerSubmissionId, deadline);
    }
  }
}
