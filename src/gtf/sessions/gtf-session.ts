import type { CallOrigin } from '../../platform/outbound';

/** The two families of GTF's API (gtf.md §1). */
export type Family = 'coe' | 'siv';

/** One person's way through GTF, as it is kept beside the ledger. */
export interface GtfSession {
  readonly businessUnit: string;
  readonly submissionId: string;
  readonly family: Family;
  readonly partnerSessionId: string;
  readonly sdkSessionId: string;
  readonly partnerSubmissionId: string | null;
  /** Vault entry that holds the {@link PersonAtGtf}. */
  readonly personEntry: string;
  /** The round of polls counts from here; null while there is nothing to ask about. */
  readonly pollsFrom: Date | null;
  readonly polls: number;
}

/** The person of a session, kept in their vault: who they are to GTF, and how they can be reached. */
export interface PersonAtGtf {
  readonly userId: string;
  readonly phoneNumber: string | null;
  readonly email: string | null;
}

/** The ids that every call of a session carries (gtf.md §3, §7.6). */
export interface GtfSessionIds {
  readonly businessUnit: string;
  /** The token's `sub`, sent as x-partner-user-id. */
  readonly userId: string;
  readonly partnerSessionId: string;
  readonly sdkSessionId: string;
}

export function sessionIdsOf(session: GtfSession, { userId }: PersonAtGtf): GtfSessionIds {
  const { businessUnit, partnerSessionId, sdkSessionId } = session;
  return { businessUnit, userId, partnerSessionId, sdkSessionId };
}

/** For whom GTF is called in a session. */
export function originOf({ businessUnit, userId }: GtfSessionIds): CallOrigin {
  return { businessUnit, person: userId };
}
