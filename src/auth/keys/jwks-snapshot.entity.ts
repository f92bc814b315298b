import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { PublicJwk } from './key-set-source';

/** The last good key set of an issuer. */
@Entity('jwks_snapshot')
export class JwksSnapshot {
  @PrimaryColumn('text') readonly issuer!: string;
  @Column('jsonb') readonly keys!: readonly PublicJwk[];
  @Column('timestamptz') readonly fetchedAt!: Date;
}
