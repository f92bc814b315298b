import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { EventData, VaultReference } from './event';
import type { EventType } from '../submissions/submission-state';

/** The end of each unit's chain; locked while events are appended. */
@Entity('ledger_head')
export class LedgerHead {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @Column('bigint') readonly seq!: string;
  @Column('bytea') readonly hash!: Buffer;
}

/** What happened. The database refuses to change or delete it. */
@Entity('kyc_event')
export class KycEvent {
  @PrimaryColumn('text') readonly businessUnit!: string;

  /** Place in the unit's chain. */
  @PrimaryColumn('bigint') readonly seq!: string;

  /** Null: it is about the person as a whole. */
  @Column('uuid', { nullable: true }) readonly submissionId!: string | null;

  /** Null: it is about the chain itself. */
  @Column('uuid', { nullable: true }) readonly personId!: string | null;
  @Column('text') readonly type!: EventType;
  @Column({ type: 'timestamptz', precision: 3 }) readonly at!: Date;

  /** Makes it happen once. */
  @Column('text') readonly sourceKey!: string;
  @Column('jsonb') readonly data!: EventData;

  /** The personal data it brought, by digest and commitment. */
  @Column('jsonb') readonly vault!: readonly VaultReference[];

  /** SHA-256 of the canonical body. */
  @Column('bytea') readonly bodyDigest!: Buffer;
  @Column('bytea') readonly previousHash!: Buffer;

  /** SHA-256(0x01 | previous hash | seq as 8 bytes big-endian | body digest). */
  @Column('bytea') readonly hash!: Buffer;
}

/** A signed end of a chain. Append-only. */
@Entity('ledger_checkpoint')
export class LedgerCheckpoint {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('bigint') readonly seq!: string;
  @Column('bytea') readonly hash!: Buffer;
  @Column({ type: 'timestamptz', precision: 3 }) readonly at!: Date;
  @Column('text') readonly keyId!: string;

  /** Ed25519 over the RFC 8785 form of the columns above. */
  @Column('bytea') readonly signature!: Buffer;
}

/** An end of a chain that an operator accepted after a restore, signed as a checkpoint is. Append-only. */
@Entity('ledger_restore')
export class LedgerRestore {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn({ type: 'timestamptz', precision: 3 }) readonly at!: Date;
  @Column('bigint') readonly seq!: string;
  @Column('bytea') readonly hash!: Buffer;
  @Column('text') readonly reason!: string;
  @Column('text') readonly keyId!: string;
  @Column('bytea') readonly signature!: Buffer;
}
