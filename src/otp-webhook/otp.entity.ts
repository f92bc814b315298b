import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DeliveryStatus } from './delivery/delivery-policy';
import type { Channel, Outcome } from './providers/otp-provider';
import type { ReceiptStatus } from './providers/receipts';

/** A digest, keyed with the unit: in hexadecimal, as PostgreSQL writes it (`\x…`). */
const AS_HEX = { to: (digest: unknown) => digest, from: (bytes: Buffer) => `\\x${bytes.toString('hex')}` };

/** A code to deliver. */
@Entity('otp_delivery')
export class Delivery {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('text') readonly channel!: Channel;

  /** After a fallback another than `channel`. */
  @Column('text') readonly via!: Channel;

  /** Null: the person was forgotten, and nobody can tell who it was. */
  @Column('text', { nullable: true }) readonly maskedIdentifier!: string | null;
  @Column('bytea', { transformer: AS_HEX }) readonly recipient!: string;
  @Column('bytea', { transformer: AS_HEX }) readonly code!: string;
  @Column('text', { nullable: true }) readonly keyId!: string | null;

  /** Code and identifier, encrypted, while they may still be needed. */
  @Column('bytea', { nullable: true }) readonly sealed!: Buffer | null;
  @Column('text', { default: 'queued' }) readonly status!: DeliveryStatus;
  @Column('text', { nullable: true }) readonly reason!: string | null;
  @Column('integer', { default: 0 }) readonly retries!: number;
  @Column('integer', { default: 0 }) readonly unknowns!: number;
  @Column('integer', { default: 0 }) readonly claims!: number;
  @Column({ type: 'timestamptz', precision: 3 }) readonly createdAt!: Date;
  @Column({ type: 'timestamptz', precision: 3 }) readonly updatedAt!: Date;
  @Column({ type: 'timestamptz', precision: 3 }) readonly expiresAt!: Date;

  /** When a worker must look at it, while its code is not erased. */
  @Column({ type: 'timestamptz', precision: 3 }) readonly dueAt!: Date;
}

/** A try to hand a code to a provider, written before it is made. */
@Entity('otp_attempt')
export class Attempt {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('uuid') readonly deliveryId!: string;
  @PrimaryColumn('integer') readonly number!: number;
  @Column('text') readonly channel!: Channel;
  @Column('text') readonly provider!: string;

  /** Null: under way, or its worker died. */
  @Column('text', { nullable: true }) readonly outcome!: Outcome | null;
  @Column('text', { nullable: true }) readonly errorCode!: string | null;
  @Column('text', { nullable: true }) readonly providerMessageId!: string | null;
  @Column('text', { nullable: true }) readonly receipt!: ReceiptStatus | null;
  @Column('boolean') readonly mayRepeat!: boolean;
  @Column({ type: 'timestamptz', precision: 3 }) readonly startedAt!: Date;
  @Column('integer', { nullable: true }) readonly durationMs!: number | null;
}

/** Who gets codes: the newest one's digest, and when codes were accepted. */
@Entity('otp_recipient')
export class Recipient {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('bytea', { transformer: AS_HEX }) readonly recipient!: string;
  @Column('bytea', { transformer: AS_HEX }) readonly newestCode!: string;
  @Column({ type: 'timestamptz', precision: 3, array: true }) readonly acceptedAt!: readonly Date[];
  @Column({ type: 'timestamptz', precision: 3 }) readonly lastAt!: Date;
}

/** The same for the first eight digits of phone numbers. */
@Entity('otp_prefix')
export class Prefix {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('bytea', { transformer: AS_HEX }) readonly prefix!: string;
  @Column({ type: 'timestamptz', precision: 3, array: true }) readonly acceptedAt!: readonly Date[];
}

/** `Idempotency-Key` of the webhook. */
@Entity('otp_idempotency_key')
export class OtpIdempotencyKey {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('bytea', { transformer: AS_HEX }) readonly key!: string;
  @Column('bytea', { transformer: AS_HEX }) readonly request!: string;
  @Column('uuid') readonly deliveryId!: string;
  @Column({ type: 'timestamptz', precision: 3 }) readonly createdAt!: Date;
}

/** That a unit's back office had the limits of one identifier start anew. */
@Entity('otp_limit_reset')
export class LimitReset {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('text') readonly maskedIdentifier!: string;
  @Column('bytea', { transformer: AS_HEX }) readonly recipient!: string;
  @Column('text') readonly credential!: string;
  @Column({ type: 'timestamptz', precision: 3 }) readonly resetAt!: Date;
}
