import type { CallOrigin } from '../../platform/outbound';
import type { GtfSession } from '../gtf.entity';

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
