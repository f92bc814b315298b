import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The first answer to a creating request, for 24 hours. */
@Entity('idempotency_key')
export class IdempotencyKey {
  @PrimaryColumn('text') readonly businessUnit!: string;

  /** Keyed digest of caller, route and key. */
  @PrimaryColumn('bytea') readonly digest!: Buffer;

  /** Keyed digest of the validated body. */
  @Column('bytea') readonly requestDigest!: Buffer;

  /** Which try it is. */
  @Column('uuid') readonly claim!: string;
  @Column({ type: 'timestamptz', precision: 3 }) readonly claimedAt!: Date;
  @Column({ type: 'timestamptz', precision: 3 }) readonly expiresAt!: Date;

  /** Sealed with a key derived from the caller's; null while the first try runs, and once erased. */
  @Column('bytea', { nullable: true }) readonly answer!: Buffer | null;

  /** The submission the answer is about. */
  @Column('uuid', { nullable: true }) readonly about!: string | null;

  /** With the person whom the answer was about. */
  @Column('boolean', { default: false }) readonly erased!: boolean;
}
