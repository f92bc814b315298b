import type { KtpData } from './ktp-data';

/** The five COE submissions of a caller (gtf.md §3.2), what a COE SDK flow may be, and SIV. */
export const COE_TYPES = [
  'KTP_SCAN',
  'STANDALONE_LIVENESS',
  'FACE_MATCH',
  'FACE_VERIFICATION',
  'KYC_LITE',
] as const;
export const COE_FLOWS = [
  'FACE_VERIFICATION',
  'KTP_SCAN',
  'KYC_LITE',
  'ON_DEMAND_FR',
  'STANDALONE_LIVENESS',
] as const;
export const SIV = 'STANDALONE_IDENTITY_VERIFICATION';
export type SubmissionType = (typeof COE_TYPES)[number] | (typeof COE_FLOWS)[number] | typeof SIV;

/** Whose data it is: a person as the business unit names them. */
export interface PartnerUser {
  readonly unit: string;
  readonly userId: string;
  readonly userIdType: string;
}

export interface GtfDocument {
  /** What `documentReference` says; also part of the object's name in the storage. */
  readonly reference: string;
  status: 'PENDING' | 'UPLOADED' | 'VERIFIED' | 'INVALID' | 'REJECTED';
  bytes: number;
  sha256: string | null;
  /** JPEG or PNG by its first bytes. */
  isImage: boolean;
}

/** One state that processing reaches; each takes the lab's processing time. */
export interface ScenarioStep {
  readonly status: string;
  readonly result: string | null;
  readonly coeReason: string | null;
  readonly sivReason: string | null;
}

export interface GtfSubmission extends PartnerUser {
  readonly id: string;
  readonly type: SubmissionType;
  readonly partnerSessionId: string;
  /** INITIATED, IN_PROGRESS, PARTIALLY_COMPLETED, COMPLETED, ERROR, or a word of a scenario that nobody knows. */
  status: string;
  result: string | null;
  reasonCode: string | null;
  /** By document key: KTP, SELFIE, … */
  readonly documents: Record<string, GtfDocument>;
  /** What the photographed card says beside the sample's values. */
  readonly ktp: Partial<KtpData>;
  /** A scenario's name once the outcome was decided, or ordered by an uploaded image. */
  scenario: string | null;
  /** What processing has still to do; empty when it is over or has not begun. */
  pendingSteps: ScenarioStep[];
  /** ISO 8601 UTC. */
  readonly createdAt: string;
  processedAt: string | null;
}

/** An initiate-flow call: one person's journey in GTF's SDK or web page. */
export interface InitiatedFlow extends PartnerUser {
  readonly type: SubmissionType;
  readonly source: 'SDK' | 'WEB_SDK';
  readonly partnerSessionId: string;
  /** Last part of the launch URL. */
  readonly launchId: string;
  readonly successRedirectionUrl: string;
  readonly failureRedirectionUrl: string;
  /** `additionalDetails`, as they came. */
  readonly details: unknown;
  readonly expiresAtMs: number;
  /** Null until the person opens the page or the SDK starts. */
  submissionId: string | null;
}

/** What the lab's GTF remembers between two starts: plain JSON. */
export interface GtfState {
  /** Signs tokens and upload URLs; a new one makes all earlier ones invalid. */
  signingSecret: string;
  flows: InitiatedFlow[];
  submissions: GtfSubmission[];
}

/** What a test may change while the lab runs. */
export interface GtfBehaviour {
  /** The partner's documented inconsistencies (gtf.md §8); off = strings, camelCase and numbers throughout. */
  quirks: boolean;
  /** Details come without the `success`/`data` envelope. */
  bareDetails: boolean;
  /** The specification asks for the partner token on `GET /coe/v1/submissions`, the guide for the user token (§3.5). */
  coeDetailsToken: 'user' | 'partner' | 'either';
  /** Further presigned URLs for the same person are SUBMISSION_QUOTA_EXCEEDED. */
  attemptsPerUser: number;
  /** Storage answers an upload with either (§3.2). */
  uploadStatus: 200 | 204;
  /** Seconds. */
  readonly lifetimes: {
    coePartnerToken: number;
    esignPartnerToken: number;
    coeUserToken: number;
    flow: number;
    uploadUrl: number;
    imageUrl: number;
  };
}

export function defaultBehaviour(): GtfBehaviour {
  return {
    quirks: true,
    bareDetails: false,
    coeDetailsToken: 'user',
    attemptsPerUser: Number.POSITIVE_INFINITY,
    uploadStatus: 200,
    lifetimes: {
      coePartnerToken: 3600,
      esignPartnerToken: 1800,
      coeUserToken: 5_184_000,
      flow: 5_184_000,
      uploadUrl: 600,
      imageUrl: 432_000,
    },
  };
}
