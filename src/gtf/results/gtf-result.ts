import type { Verification } from '../../kyc-ledger';

/** How far GTF is with a submission, in our terms. A word nobody documented is `unrecognised`, never a pass. */
export type FoundState = 'initiated' | 'processing' | 'verified' | 'declined' | 'error' | 'unrecognised';

/** The card as GTF read it, in GTF's field names and words. */
export type KtpData = Readonly<Record<string, string>>;

/** What GTF says about a submission when it is asked. */
export interface Finding {
  readonly state: FoundState;
  /** GTF's own words, `COMPLETED/VALID`; safe to show. */
  readonly words: string;
  readonly partnerSubmissionId: string | null;
  /** GTF's own word for why; null where it gives none. */
  readonly reasonCode: string | null;
  readonly verification: Verification | null;
  readonly ktp: KtpData | null;
}
