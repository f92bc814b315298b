/** What the lab's SATUSEHAT remembers between two starts. Plain JSON; instants are epoch milliseconds. */
export interface SatusehatState {
  /** PKCS#8 PEM of the lab's own key pair: the Ministry's private keys are not available (satusehat.md §12). */
  privateKeyPem: string;
  accessTokens: Record<string, { unit: string; expiresAtMs: number }>;
  sessions: ValidationSession[];
  challenges: Challenge[];
}

/** One generate-url call: what the officer's validation page works on. */
export interface ValidationSession {
  /** UUID v4, also the `X-Frame-Token` of a sealed challenge-code request. */
  readonly token: string;
  readonly unit: string;
  readonly agentName: string;
  readonly agentNik: string;
  /** SPKI PEM the client sent along; sealed answers of this session go to it. */
  readonly publicKeyPem: string;
  readonly sealed: boolean;
  readonly createdAtMs: number;
  /** `verifying` = the patient's code was accepted and the three boxes are shown. */
  status: 'open' | 'verifying' | 'validated' | 'rejected';
  patientNik: string | null;
}

/** A challenge code as it would appear in the patient's SATUSEHAT Mobile. */
export interface Challenge {
  readonly unit: string;
  readonly nik: string;
  readonly name: string;
  readonly ihsNumber: string;
  /** Six digits. */
  readonly code: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}
