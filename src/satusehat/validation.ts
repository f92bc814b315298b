import type { ChallengeCodeDto } from './satusehat.dto';

/** A person with name and NIK (16 digits): the facility's officer who validates, or the patient who is validated. */
export interface NamedPerson {
  readonly name: string;
  readonly nik: string;
}

/** A page of the Ministry where the officer validates a patient. Token and URL open it: never log or store them in clear. */
export interface ValidationPage {
  readonly token: string;
  /** On the Ministry's own host. */
  readonly url: string;
  /** Private half of the pair the Ministry knows for this page, PKCS#8 PEM; sealed challenge codes need it (satusehat.md §6). */
  readonly privateKey: () => string;
}

/** What a sealed request for a challenge code refers to: a validation page, and the key its answers are sealed for. */
export interface FrameSession {
  readonly token: string;
  /** PKCS#8 PEM. */
  readonly privateKey: string;
}

/** What the Ministry says of a challenge code: never log or store it. */
export type ChallengeCode = Omit<ChallengeCodeDto, 'submissionId'>;
