import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How often something that is limited was done; rate-limiter-flexible reads and writes it. */
@Entity('rate_limit')
export class RateLimit {
  /** The limit's name and a keyed digest of whom it counts. */
  @PrimaryColumn('varchar', { length: 255 }) readonly key!: string;
  @Column('integer', { default: 0 }) readonly points!: number;

  /** Milliseconds since 1970; from then on the count starts anew. */
  @Column('bigint', { nullable: true }) readonly expire!: string | null;
}
