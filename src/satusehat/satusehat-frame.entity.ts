import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a sealed challenge code refers to: the token and the private key of a validation page, encrypted. */
@Entity('satusehat_frame')
export class SatusehatFrame {
  @PrimaryColumn('text') readonly businessUnit!: string;
  @PrimaryColumn('uuid') readonly submissionId!: string;
  @Column('text') readonly keyId!: string;
  @Column('bytea') readonly sealed!: Buffer;
  @Column({ type: 'timestamptz', precision: 3 }) readonly expiresAt!: Date;
}
