import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Verification } from '../events/event';
import type { SubmissionKind, SubmissionStatus } from './submission-state';

/** What the back office decided. `entry`: vault entry that holds the {@link DecisionNote}, null where nothing was noted. */
export interface DecisionRecord {
  readonly outcome: 'approved' | 'rejected';
  /** The credential it was made with. */
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  /** The status then; null for data that was handed in approved. */
  readonly decidedOn: SubmissionStatus | null;
  readonly overridden: boolean;
  /** Fields that the back office changed. */
  readonly corrected: readonly string[];
  readonly entry: string | null;
}

/** What the ledger knows of one submission, folded from its events. A field more is a column more: CONTRIBUTING.md shows the way. */
@Entity('kyc_submission')
export class Submission {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('uuid') readonly personId!: string;
  @Column('text') readonly kind!: SubmissionKind;

  /** What the partner is to check, in its own word. */
  @Column('text', { nullable: true }) readonly submissionType!: string | null;
  @Column('text') readonly openedBy!: 'user' | 'back-office';
  @Column('text') readonly status!: SubmissionStatus;
  @Column('text', { nullable: true }) readonly reasonCode!: string | null;
  @Column('jsonb', { nullable: true }) readonly verification!: Verification | null;
  @Column('jsonb', { nullable: true }) readonly decision!: DecisionRecord | null;

  /** Vault entry that holds the phone number, `628…`. */
  @Column('uuid', { nullable: true }) readonly phoneEntry!: string | null;

  /** Vault entry that holds the newest {@link Identity}. */
  @Column('uuid', { nullable: true }) readonly identityEntry!: string | null;

  /** Vault entry that holds the partner's id of the submission. */
  @Column('uuid', { nullable: true }) readonly partnerEntry!: string | null;
  @Column({ type: 'timestamptz', precision: 3 }) readonly createdAt!: Date;
  @Column({ type: 'timestamptz', precision: 3 }) readonly updatedAt!: Date;

  /** The newest event that moved the status or brought data. */
  @Column('bigint', { transformer: { to: String, from: Number } }) readonly lastSeq!: number;
}

/** What never changes of a submission, with the indexes that lists are read by. The database itself repeats it here. */
@Entity('kyc_submission_opening')
export class SubmissionOpening {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('uuid') readonly personId!: string;
  @Column('text') readonly kind!: SubmissionKind;
  @Column('text') readonly openedBy!: 'user' | 'back-office';
  @Column({ type: 'timestamptz', precision: 3 }) readonly createdAt!: Date;
}
