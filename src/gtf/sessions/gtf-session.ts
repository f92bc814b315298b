import type { CallOrigin } from '../../platform/outbound';

/** One person's way through GTF: the ids that every call of it carries (gtf.md §3, §7.6). */
export interface Journey {
  readonly businessUnit: string;
  /** The token's `sub`, sent as x-partner-user-id. */
  readonly userId: string;
  readonly partnerSessionId: string;
  readonly sdkSessionId: string;
}

/** For whom GTF is called in a journey. */
export function originOf({ businessUnit, userId }: Journey): CallOrigin {
  return { businessUnit, person: userId };
}

/** The person of a journey, kept in their vault: who they are to GTF, and how they can be reached. */
export interface PersonAtGtf {
  readonly userId: string;
  readonly phoneNumber: string | null;
  readonly email: string | null;
}

/** The submission types COE knows (gtf.md §3.2). */
export const COE_SUBMISSION_TYPES = [
  'KTP_SCAN',
  'STANDALONE_LIVENESS',
  'FACE_MATCH',
  'FACE_VERIFICATION',
  'KYC_LITE',
] as const;
export type CoeSubmissionType = (typeof COE_SUBMISSION_TYPES)[number];

/** The flows COE offers in its own screens (gtf.md §3.1). */
export const COE_FLOWS = [
  'FACE_VERIFICATION',
  'KTP_SCAN',
  'KYC_LITE',
  'ON_DEMAND_FR',
  'STANDALONE_LIVENESS',
] as const;
export type CoeFlow = (typeof COE_FLOWS)[number];

export const THEMES = ['DARK_MODE', 'LIGHT_MODE', 'NO_PREFERENCE'] as const;
export type Theme = (typeof THEMES)[number];
