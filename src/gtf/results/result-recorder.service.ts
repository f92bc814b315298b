import { Injectable } from '@nestjs/common';
import {
  type EventData,
  type NewEvent,
  IDENTITY,
  Ledger,
  PARTNER_SUBMISSION,
  type PersonalData,
  type Submission,
  SubmissionRepository,
  type SubmissionStatus,
  writeIdentity,
} from '../../kyc-ledger';
import type { Transaction } from '../../platform/database';
import { Log } from '../../platform/logging';
import { Metrics } from '../../platform/metrics';
import type { GtfSession } from '../gtf.entity';
import { SessionRepository } from '../sessions/session.repository';
import type { GtfStatus } from './gtf-result';

/** Why GTF was asked: it called, a poll was due, the person wished it, or the documents were confirmed. */
export type ResultSource = 'callback' | 'poll' | 'refresh' | 'confirm';

/** The vault's name for the SHA-256 of each image that was handed on, by document type. */
const DOCUMENT_DIGESTS = 'gtf.document-digests';

const UNSETTLED: readonly SubmissionStatus[] = ['open', 'processing', 'unrecognised', 'stale'];

/** Whether GTF's answer can no longer change a submission in this status. */
export function isSettled(status: SubmissionStatus): boolean {
  return !UNSETTLED.includes(status);
}

/** Brings what GTF said into the ledger. The ledger's table of transitions decides what it changes. */
@Injectable()
export class ResultRecorder {
  readonly #recorded;

  constructor(
    private readonly ledger: Ledger,
    private readonly submissions: SubmissionRepository,
    private readonly sessions: SessionRepository,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.#recorded = metrics.counter({
      name: 'gtf_results_recorded_total',
      help: 'Results of submissions that were recorded, by what made the gateway ask for them',
      labels: ['family', 'source', 'status'],
    });
  }

  /** Records GTF's answer; one that says nothing new changes nothing. */
  async record(session: GtfSession, status: GtfStatus, source: ResultSource): Promise<Submission> {
    const { state } = status.result;
    if (state === 'initiated') {
      const submission = await this.find(session);
      if (submission === undefined) throw new Error('a GTF session without its submission');
      return submission;
    }
    const { outcome, submission } = await this.ledger.record({
      ...following(session),
      type: `kyc.${state}`,
      unwithdrawn: true,
      ...(await this.#content(session, status, source)),
    });
    if (outcome === 'appended' && isSettled(submission.status))
      this.#recorded.inc({ family: session.family, source, status: submission.status });
    return submission;
  }

  /** Records that GTF gave no result in time, for the back office to look into. A later answer of GTF still counts. */
  async giveUp(tx: Transaction, session: GtfSession): Promise<void> {
    const stale = { ...following(session), type: 'kyc.stale', unwithdrawn: true } as const;
    const { outcome } = await this.ledger.append(tx, stale);
    if (outcome !== 'appended') return;
    const { businessUnit, submissionId, family } = session;
    const about = { businessUnit, submissionId, family };
    tx.afterCommit(() => {
      this.log.alarm('submission_stale', 'GTF gave no result in time', about);
      this.#recorded.inc({ family, source: 'poll', status: 'stale' });
    });
  }

  async lock(tx: Transaction, { businessUnit, submissionId }: GtfSession): Promise<void> {
    await this.submissions.lock(tx, businessUnit, submissionId);
  }

  find({ businessUnit, submissionId }: GtfSession): Promise<Submission | undefined> {
    return this.submissions.find(businessUnit, submissionId);
  }

  async #content(
    { businessUnit, submissionId, ...session }: GtfSession,
    { result, card }: GtfStatus,
    source: ResultSource,
  ): Promise<Pick<NewEvent, 'data' | 'personal'>> {
    const { state, partnerSubmissionId, reasonCode, verification, words } = result;
    const isNamed = partnerSubmissionId !== null && partnerSubmissionId !== session.partnerSubmissionId;
    const personal: PersonalData = isNamed ? { [PARTNER_SUBMISSION]: partnerSubmissionId } : {};
    const data: EventData = {
      reasonCode,
      ...(verification && { verification: { ...verification } }),
      partnerStatus: words,
      learntBy: source,
    };
    if (state === 'processing') {
      const wanted = await this.sessions.documents(businessUnit, [submissionId]);
      const documents = wanted.filter(({ sha256 }) => sha256 !== null);
      // An image's digest identifies the image: the chain holds a salted commitment to it, and the vault the digest itself.
      const digests = JSON.stringify(Object.fromEntries(documents.map(({ type, sha256 }) => [type, sha256])));
      return {
        data: { ...data, documents: documents.map(({ type, bytes }) => ({ type, bytes })) },
        personal: { ...personal, ...(documents.length > 0 && { [DOCUMENT_DIGESTS]: digests }) },
      };
    }
    if (card === null || (state !== 'verified' && state !== 'declined')) return { data, personal };
    return {
      data: { ...data, flags: card.flags },
      personal: { ...personal, [IDENTITY]: writeIdentity(card.identity) },
    };
  }
}

/** An answer is keyed by the event it follows: of two answers that follow the same event only one is recorded. */
function following({
  businessUnit,
  submissionId,
}: GtfSession): Pick<NewEvent, 'businessUnit' | 'submissionId' | 'sourceKey'> {
  const sourceKey = ({ lastSeq }: Submission): string => `gtf:${submissionId}:after:${lastSeq}`;
  return { businessUnit, submissionId, sourceKey };
}
