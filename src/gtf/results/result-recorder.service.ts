import { Injectable } from '@nestjs/common';
import {
  type EventData,
  type Happening,
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
import { DocumentRepository } from '../documents/document.repository';
import type { FoundState } from './gtf-result';
import type { Learnt } from '../polling/gtf-status-reader.service';
import type { GtfSession } from '../sessions/session.repository';

/** How we came to know: GTF called and was asked, we asked by schedule, or the person asked us to. */
export type LearntBy = 'callback' | 'poll' | 'refresh' | 'confirm';

const EVENTS = {
  processing: 'kyc.processing',
  verified: 'kyc.verified',
  declined: 'kyc.declined',
  error: 'kyc.error',
  unrecognised: 'kyc.unrecognised',
} as const satisfies Record<Exclude<FoundState, 'initiated'>, Happening['type']>;

/** The vault's name for the SHA-256 of each picture that went through us, by document type. */
const DOCUMENT_DIGESTS = 'gtf.document-digests';

const UNSETTLED: readonly SubmissionStatus[] = ['open', 'processing', 'unrecognised', 'stale'];

/** Whether GTF may still change its mind about a submission in this status. */
export function isSettled(status: SubmissionStatus): boolean {
  return !UNSETTLED.includes(status);
}

/** Brings what GTF said into the ledger. The ledger's table of transitions decides what it changes. */
@Injectable()
export class Settlement {
  readonly #settled;

  constructor(
    private readonly ledger: Ledger,
    private readonly submissions: SubmissionRepository,
    private readonly documents: DocumentRepository,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.#settled = metrics.counter({
      name: 'gtf_submissions_settled_total',
      help: 'Submissions that got their result, by the way it was learnt',
      labels: ['family', 'learnt_by', 'status'],
    });
  }

  /** Records what was learnt; what says nothing new changes nothing. */
  async record(session: GtfSession, learnt: Learnt, learntBy: LearntBy): Promise<Submission> {
    const { finding } = learnt;
    if (finding.state === 'initiated') return this.#find(session);
    const { outcome, submission } = await this.ledger.record({
      ...following(session),
      type: EVENTS[finding.state],
      unwithdrawn: true,
      ...(await this.#content(session, learnt, learntBy)),
    });
    if (outcome === 'appended' && isSettled(submission.status))
      this.#settled.inc({ family: session.family, learnt_by: learntBy, status: submission.status });
    return submission;
  }

  /** GTF gave no result in time: somebody has to look into it. A later word of GTF still counts. */
  async giveUp(tx: Transaction, session: GtfSession): Promise<void> {
    const stale = { ...following(session), type: 'kyc.stale', unwithdrawn: true } as const;
    const { outcome } = await this.ledger.append(tx, stale);
    if (outcome !== 'appended') return;
    const { businessUnit, submissionId, family } = session;
    tx.afterCommit(() => {
      this.log.alarm('GTF gave no result in time', { businessUnit, submissionId, family });
      this.#settled.inc({ family, learnt_by: 'poll', status: 'stale' });
    });
  }

  async #find({ businessUnit, submissionId }: GtfSession): Promise<Submission> {
    const submission = await this.submissions.find(businessUnit, submissionId);
    if (submission === undefined) throw new Error('a GTF session without its submission');
    return submission;
  }

  async #content(
    session: GtfSession,
    { finding, card }: Learnt,
    learntBy: LearntBy,
  ): Promise<Pick<Happening, 'data' | 'personal'>> {
    const { partnerSubmissionId, reasonCode, verification, words } = finding;
    const isNamed = partnerSubmissionId !== null && partnerSubmissionId !== session.partnerSubmissionId;
    const personal: PersonalData = isNamed ? { [PARTNER_SUBMISSION]: partnerSubmissionId } : {};
    const data: EventData = {
      reasonCode,
      ...(verification === null ? {} : { verification: { ...verification } }),
      partnerStatus: words,
      learntBy,
    };
    if (finding.state === 'processing') return this.#withDocuments(session, data, personal);
    if (card === null || (finding.state !== 'verified' && finding.state !== 'declined'))
      return { data, personal };
    return {
      data: { ...data, flags: card.flags },
      personal: { ...personal, [IDENTITY]: writeIdentity(card.identity) },
    };
  }

  /** A picture's digest leads back to the picture: the chain holds a salted commitment to it, the vault what was committed to. */
  async #withDocuments(
    { businessUnit, submissionId }: GtfSession,
    data: EventData,
    personal: PersonalData,
  ): Promise<Pick<Happening, 'data' | 'personal'>> {
    const uploaded = await this.documents.digests(businessUnit, submissionId);
    const documents = uploaded.map(({ type, bytes }) => ({ type, bytes }));
    if (uploaded.length === 0) return { data: { ...data, documents }, personal };
    const digests = uploaded.map(({ type, sha256 }) => [type, sha256]);
    return {
      data: { ...data, documents },
      personal: { ...personal, [DOCUMENT_DIGESTS]: JSON.stringify(Object.fromEntries(digests)) },
    };
  }
}

/** One word of GTF can follow one event: two answers cannot both be next. */
function following({
  businessUnit,
  submissionId,
}: GtfSession): Pick<Happening, 'businessUnit' | 'submissionId' | 'sourceKey'> {
  const sourceKey = ({ lastSeq }: Submission): string => `gtf:${submissionId}:after:${lastSeq}`;
  return { businessUnit, submissionId, sourceKey };
}
