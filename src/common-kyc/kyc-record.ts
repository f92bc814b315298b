/** Approved data of one person, complete. `phoneNumber` is `628…`, `dateOfBirth` `YYYY-MM-DD`; `email` may be empty. */
export interface ApprovedKyc {
  readonly phoneNumber: string;
  readonly fullName: string;
  readonly nik: string;
  readonly dateOfBirth: string;
  readonly email: string;
}

/** A stored record. What the partner left out or wrote in an unusable form is null: it is a suggestion, never proof. */
export interface CommonKycRecord {
  readonly id: string | null;
  readonly clientId: string | null;
  readonly phoneNumber: string;
  readonly fullName: string | null;
  readonly nik: string | null;
  readonly dateOfBirth: string | null;
  readonly email: string | null;
  readonly createdAt: string | null;
}
