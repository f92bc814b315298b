/**
 * A person's identity as the ledger keeps it, encrypted (vault entry `identity`).
 * NIK is a string of 16 digits, the date of birth `YYYY-MM-DD`; null is "not known".
 */
export interface Identity {
  readonly fullName: string | null;
  readonly nik: string | null;
  readonly dateOfBirth: string | null;
  readonly email: string | null;
  readonly phoneNumber: string | null;
  /** The KTP as the partner read it, in the partner's words; null where there is none. */
  readonly ktp: Readonly<Record<string, string>> | null;
}

export const EMPTY_IDENTITY: Identity = {
  fullName: null,
  nik: null,
  dateOfBirth: null,
  email: null,
  phoneNumber: null,
  ktp: null,
};

export function writeIdentity(identity: Identity): string {
  return JSON.stringify(identity);
}

/** Reads what {@link writeIdentity} wrote. */
export function readIdentity(text: string): Identity {
  return JSON.parse(text) as Identity;
}
