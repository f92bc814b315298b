import { Column, Entity, PrimaryColumn } from 'typeorm';

const AS_NUMBER = { to: String, from: Number };
const AS_HEX = {
  to: (hex: string): Buffer => Buffer.from(hex, 'hex'),
  from: (bytes: Buffer): string => bytes.toString('hex'),
};

/** A submission whose approved data is shared with Common KYC: attempts and times, to read. What is to be done is in the jobs. */
@Entity('common_kyc_share')
export class CommonKycShare {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('uuid') readonly submissionId!: string;
  @Column('uuid') readonly personId!: string;

  /** Keyed digest of the phone number, which groups its shares. */
  @Column('bytea') readonly numberDigest!: Buffer;

  /** Keyed digest of what is sent, so that equal data is not sent twice. */
  @Column('bytea', { transformer: AS_HEX }) readonly content!: string;

  /** Of the approval in the unit's chain: grows with each. */
  @Column('bigint', { transformer: AS_NUMBER }) readonly version!: number;
  @Column('text') readonly state!: 'waiting' | 'accepted' | 'failed';
  @Column('integer') readonly tries!: number;
  @Column({ type: 'timestamptz', precision: 3 }) readonly dueAt!: Date;
  @Column({ type: 'timestamptz', precision: 3 }) readonly giveUpAt!: Date;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) readonly acceptedAt!: Date | null;
}

/** Whose share it is; what the jobs say. */
export type ShareKey = Pick<CommonKycShare, 'businessUnit' | 'submissionId'>;
