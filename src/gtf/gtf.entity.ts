import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The two families of GTF's API (gtf.md §1). */
export type Family = 'coe' | 'siv';

/** One person's way through GTF, as it is kept beside the ledger. */
@Entity('gtf_session')
export class GtfSession {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('uuid') readonly submissionId!: string;
  @Column('text') readonly family!: Family;
  @Column('text') readonly partnerSessionId!: string;
  @Column('text') readonly sdkSessionId!: string;
  @Column('text', { nullable: true }) readonly partnerSubmissionId!: string | null;

  /** Vault entry that holds the person at GTF. */
  @Column('uuid') readonly personEntry!: string;
  @Column({ type: 'timestamptz', precision: 3 }) readonly createdAt!: Date;

  /** The round of polls counts from here; null while there is nothing to ask about. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly pollsFrom!: Date | null;
  @Column('integer', { default: 0 }) readonly polls!: number;
  @Column('text', { nullable: true }) readonly launchKeyId!: string | null;

  /** The way to GTF's page, encrypted; null once expired. */
  @Column('bytea', { nullable: true }) readonly launchSealed!: Buffer | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly launchExpiresAt!: Date | null;
}

/** Which session a row belongs to. */
export type SessionKey = Pick<GtfSession, 'businessUnit' | 'submissionId'>;

/** The ids that every call of a session carries (gtf.md §3, §7.6). */
export interface GtfSessionIds extends Pick<
  GtfSession,
  'businessUnit' | 'partnerSessionId' | 'sdkSessionId'
> {
  /** The token's `sub`, sent as x-partner-user-id. */
  readonly userId: string;
}

/** A document GTF wants for a COE submission, and what arrived of it. */
@Entity('gtf_document')
export class GtfDocument {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('uuid') readonly submissionId!: string;
  @PrimaryColumn('text') readonly type!: string;
  @Column('text', { nullable: true }) readonly urlKeyId!: string | null;

  /** The signed URL, encrypted; null once expired. */
  @Column('bytea', { nullable: true }) readonly urlSealed!: Buffer | null;
  @Column({ type: 'timestamptz', precision: 3 }) readonly expiresAt!: Date;
  @Column('text', { nullable: true }) readonly sha256!: string | null;
  @Column('integer', { nullable: true }) readonly bytes!: number | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly uploadedAt!: Date | null;
}

/** A callback as it arrived; once its submission is known, the bytes are in the person's vault. */
@Entity('gtf_callback')
export class KeptCallback {
  @PrimaryColumn('text') readonly businessUnit!: string;

  /** Keyed digest of the bytes. */
  @PrimaryColumn('bytea') readonly digest!: Buffer;
  @Column('text', { nullable: true }) readonly partnerSubmissionId!: string | null;
  @Column('text', { nullable: true }) readonly partnerSessionId!: string | null;
  @Column('text', { nullable: true }) readonly keyId!: string | null;
  @Column('bytea', { nullable: true }) readonly sealed!: Buffer | null;

  /** Null while the callback is parked. */
  @Column('uuid', { nullable: true }) readonly submissionId!: string | null;
  @Column('uuid', { nullable: true }) readonly vaultEntry!: string | null;
  @Column({ type: 'timestamptz', precision: 3 }) readonly receivedAt!: Date;
}

/** Keyed digest of an id that a late callback about an erased person would name. */
@Entity('gtf_forgotten')
export class GtfForgotten {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('bytea') readonly digest!: Buffer;
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) readonly forgottenAt!: Date;
}
