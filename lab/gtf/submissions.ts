import { randomUUID } from 'node:crypto';
import type { Snapshot } from '../snapshot';
import { ktpFieldsOf, type KtpData } from './ktp-data';
import type { Processing } from './processing';
import type { ScenarioName, ScenarioOrders } from './scenarios';
import {
  SIV,
  type GtfState,
  type GtfSubmission,
  type InitiatedFlow,
  type PartnerUser,
  type SubmissionType,
} from './state';

/**
 * Which photographs a submission wants. SELFIE + ADDITIONAL_SELFIE for FACE_VERIFICATION is the page's sample (§3.2);
 * the keys of the other types are unknown and assumed.
 */
const DOCUMENTS: Readonly<Record<SubmissionType, readonly string[]>> = {
  KTP_SCAN: ['KTP'],
  STANDALONE_LIVENESS: ['SELFIE'],
  FACE_MATCH: ['KTP', 'SELFIE'],
  FACE_VERIFICATION: ['SELFIE', 'ADDITIONAL_SELFIE'],
  KYC_LITE: ['KTP', 'SELFIE'],
  ON_DEMAND_FR: ['SELFIE'],
  [SIV]: ['KTP', 'SELFIE', 'ADDITIONAL_SELFIE'],
};

/** What the person did on the launch page or in the SDK. */
export interface JourneyOutcome {
  /** `LEAVE` = gave up; a scenario otherwise, by default what the NIK says. */
  readonly outcome?: ScenarioName | 'LEAVE';
  /** Fields of the photographed card that differ from the sample. */
  readonly ktp?: Partial<KtpData>;
}

/** The lab's submissions and how they come about. */
export class Submissions {
  constructor(
    private readonly state: Snapshot<GtfState>,
    private readonly processing: Processing,
    private readonly orders: ScenarioOrders,
    private readonly now: () => Date,
  ) {}

  all(): readonly GtfSubmission[] {
    return this.state.value.submissions;
  }

  byId(id: string): GtfSubmission | undefined {
    return this.all().find((submission) => submission.id === id);
  }

  /** The latest one: a session may hold several (§5). */
  latestOf(unit: string, partnerSessionId: string): GtfSubmission | undefined {
    return this.all().findLast(
      (submission) => submission.unit === unit && submission.partnerSessionId === partnerSessionId,
    );
  }

  create(user: PartnerUser, type: SubmissionType, partnerSessionId: string): GtfSubmission {
    const { unit, userId, userIdType } = user;
    const submission: GtfSubmission = {
      unit,
      userId,
      userIdType,
      id: randomUUID(),
      type,
      partnerSessionId,
      status: 'INITIATED',
      result: null,
      reasonCode: null,
      documents: Object.fromEntries(
        DOCUMENTS[type].map((key) => [
          key,
          { reference: randomUUID(), status: 'PENDING' as const, bytes: 0, sha256: null, isImage: false },
        ]),
      ),
      ktp: {},
      scenario: null,
      pendingSteps: [],
      createdAt: this.now().toISOString(),
      processedAt: null,
    };
    this.state.value.submissions.push(submission);
    this.state.touch();
    return submission;
  }

  /** Hands over to processing, whose outcome is decided now. */
  process(submission: GtfSubmission, chosen?: ScenarioName): void {
    this.processing.start(submission, this.orders.decide(submission, chosen));
  }

  addFlow(flow: InitiatedFlow): void {
    this.state.value.flows.push(flow);
    this.state.touch();
  }

  flow(find: (flow: InitiatedFlow) => boolean): InitiatedFlow | undefined {
    return this.state.value.flows.findLast(find);
  }

  /** The person opens the page or the SDK starts: the submission exists from now on (assumed; the pages do not say). */
  begin(flow: InitiatedFlow): GtfSubmission {
    const known = flow.submissionId === null ? undefined : this.byId(flow.submissionId);
    if (known !== undefined) return known;
    const submission = this.create(flow, flow.type, flow.partnerSessionId);
    flow.submissionId = submission.id;
    return submission;
  }

  /** Ends a journey; a second end of the same one changes nothing. */
  finish(flow: InitiatedFlow, { outcome, ktp = {} }: JourneyOutcome): GtfSubmission {
    const submission = this.begin(flow);
    if (outcome === 'LEAVE' || submission.status !== 'INITIATED') return submission;
    Object.assign(submission.ktp, ktpFieldsOf(ktp));
    for (const document of Object.values(submission.documents)) document.status = 'UPLOADED';
    this.process(submission, outcome);
    return submission;
  }
}
