import type { Verification } from '../../kyc-ledger';
import type { KtpData, ReadCard } from './ktp-card';

/** How far GTF is with a submission, in our terms. A word that no document lists is `unrecognised`, never a pass. */
export type GtfState = 'initiated' | 'processing' | 'verified' | 'declined' | 'error' | 'unrecognised';

/** What GTF says about a submission when it is asked. */
export interface GtfResult {
  readonly state: GtfState;
  /** GTF's own words, `COMPLETED/VALID`; safe to show. */
  readonly words: string;
  readonly partnerSubmissionId: string | null;
  /** GTF's own word for why; null where it gives none. */
  readonly reasonCode: string | null;
  readonly verification: Verification | null;
  readonly ktp: KtpData | null;
}

/** A result of which GTF says nothing but how far it is. */
export function bareResult(state: GtfState, words: string): GtfResult {
  return { state, words, partnerSubmissionId: null, reasonCode: null, verification: null, ktp: null };
}

/** A result, and the card in it read with what is known of the person. */
export interface GtfStatus {
  readonly result: GtfResult;
  readonly card: ReadCard | null;
}
