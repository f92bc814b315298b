import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What became of an event's delivery. `stopped`: its endpoint wanted nothing any more before it was delivered. */
export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed', 'stopped'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One try. `status` is the HTTP status; null when there was no answer. What was answered is kept nowhere. */
export interface DeliveryAttempt {
  readonly startedAt: string;
  readonly durationMs: number;
  readonly status: number | null;
}

/** Up to where a unit's events were taken from its ledger to be sent. */
@Entity('event_endpoint')
export class EventEndpoint {
  @PrimaryColumn('text')
  readonly businessUnit!: string;

  /** SHA-256 of the address, which may hold a secret. */
  @Column('bytea')
  readonly urlDigest!: Buffer;

  @Column('bigint')
  readonly takenTo!: string;

  /** Since when it wants nothing any more; null while it does. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  readonly stoppedAt!: Date | null;
}

/** An event that is due, or was. */
@Entity('event_delivery')
export class EventDelivery {
  @PrimaryColumn('text')
  readonly businessUnit!: string;

  @PrimaryColumn('bigint')
  readonly seq!: string;

  @Column('uuid', { default: () => 'gen_random_uuid()' })
  readonly id!: string;

  /** In whose order it is sent; null: in none. */
  @Column('uuid', { nullable: true })
  readonly submissionId!: string | null;

  @Column('text')
  readonly status!: DeliveryStatus;

  /** Since it was made due, at first or by hand. */
  @Column('smallint', { default: 0 })
  readonly tries!: number;

  /** When it is tried next, or when it ended. */
  @Column({ type: 'timestamptz', precision: 3 })
  readonly dueAt!: Date;

  @Column('jsonb', { default: () => "'[]'" })
  readonly attempts!: readonly DeliveryAttempt[];
}
