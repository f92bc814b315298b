import { Injectable } from '@nestjs/common';
import { PartnerError } from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import type { Finding } from '../results/gtf-result';
import { CoeClient } from '../partner/coe.client';
import { SivClient } from '../partner/siv.client';
import type { Journey } from '../sessions/gtf-session';
import { type ReadCard, readCard } from '../results/ktp-card';
import { type GtfSession, journeyOf, SessionRepository } from '../sessions/session.repository';

/** What GTF said when it was asked, and the card if it handed one over. */
export interface Learnt {
  readonly finding: Finding;
  readonly card: ReadCard | null;
}

/** `nothing-yet`: the person has not begun. `nobody`: the person is erased or restricted. */
export type Answer = Learnt | 'nothing-yet' | 'nobody';

/** Asks GTF with our own credentials: the only source of results. Callbacks and redirects are never believed (gtf.md §7.12). */
@Injectable()
export class Inquiry {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly coe: CoeClient,
    private readonly siv: SivClient,
    private readonly clock: Clock,
  ) {}

  /** @throws PartnerError */
  async ask(session: GtfSession, deadline: Deadline): Promise<Answer> {
    const person = await this.sessions.person(session);
    if (person === undefined) return 'nobody';
    const finding = await this.#find(session, journeyOf(session, person), deadline);
    if (finding === null) return 'nothing-yet';
    return { finding, card: finding.ktp === null ? null : readCard(finding.ktp, person, this.clock.date()) };
  }

  async #find(session: GtfSession, journey: Journey, deadline: Deadline): Promise<Finding | null> {
    switch (session.family) {
      case 'siv':
        return this.siv.details(journey, deadline);
      case 'coe':
        return this.#findCoe(journey, session, deadline);
    }
  }

  /**
   * Details may not exist before processing ends, and whether their words for "under way" wait for the confirming is as unknown
   * (gtf.md §3.5): both is the status's to say. In GTF's own screens the submission comes into being when the person begins.
   */
  async #findCoe(
    journey: Journey,
    { partnerSubmissionId, looksFrom }: GtfSession,
    deadline: Deadline,
  ): Promise<Finding | null> {
    try {
      const found = await this.coe.details(journey, partnerSubmissionId, deadline);
      const isUnderWay = found.state === 'processing' || found.state === 'unrecognised';
      if (!isUnderWay || looksFrom !== null || partnerSubmissionId === null) return found;
      return await this.coe.status(journey, partnerSubmissionId, deadline);
    } catch (error) {
      if (!(error instanceof PartnerError) || error.publicCode !== 'SUBMISSION_DOES_NOT_EXIST') throw error;
      if (partnerSubmissionId === null) return null;
      return this.coe.status(journey, partnerSubmissionId, deadline);
    }
  }
}
