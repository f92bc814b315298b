import { Column, Entity, PrimaryColumn } from 'typeorm';

/** By what a person is known: the token's subject, a phone number (`628…`), a NIK, an e-mail address. */
export type IdentifierKind = 'subject' | 'phone' | 'nik' | 'email';

export interface Identifier {
  readonly kind: IdentifierKind;
  readonly value: string;
}

/** A person as one business unit knows them, with the key of their personal data, wrapped. */
@Entity('person')
export class StoredPerson {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('uuid') readonly id!: string;

  /** Which of `DATA_ENCRYPTION_KEYS` wraps the data key. */
  @Column('text', { nullable: true }) readonly keyId!: string | null;

  /** Null once they are erased: then nothing of theirs opens any more. */
  @Column('bytea', { nullable: true }) readonly wrappedKey!: Buffer | null;
  @Column({ type: 'timestamptz', precision: 3 }) readonly createdAt!: Date;

  /** Until then nobody uses their data, which is destroyed then. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly restrictedUntil!: Date | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly erasedAt!: Date | null;

  /** The newest approval: identity records are kept from then on (UU 8/2010 Art 21). */
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly retainedFrom!: Date | null;

  /** When the erasure or restriction was written to `ERASURES_FILE`. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly notedAt!: Date | null;
}

/** A key that wrapped a person's before, and until when. The database itself writes it. */
@Entity('person_former_key')
export class FormerKey {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('uuid') readonly personId!: string;
  @PrimaryColumn('text') readonly wrappedBy!: string;
  @PrimaryColumn({ type: 'timestamptz', precision: 3 }) readonly until!: Date;
}

/** By what a person is known: a keyed digest to find them by, and the value under their own key. */
@Entity('person_index')
export class PersonIndex {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('text') readonly kind!: IdentifierKind;
  @PrimaryColumn('bytea') readonly digest!: Buffer;
  @PrimaryColumn('uuid') readonly personId!: string;
  @Column('bytea', { nullable: true }) readonly sealed!: Buffer | null;
}

/** Personal data that an event brought, AES-256-GCM under its person's key, bound to this row. */
@Entity('vault_entry')
export class VaultEntry {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('uuid') readonly personId!: string;
  @Column('text') readonly name!: string;
  @Column('bytea') readonly sealed!: Buffer;
  @Column({ type: 'timestamptz', precision: 3 }) readonly createdAt!: Date;
}
