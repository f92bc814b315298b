import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import { EVENT_TYPES, type EventType, type LedgerEvent } from '../../kyc-ledger';
import { OptionalField } from '../../platform/http';
import { PageQuery } from '../../platform/paging';
import {
  type DeliveryAttempt,
  DELIVERY_STATUSES,
  type DeliveryStatus,
  type EventDelivery,
} from '../unit-events.entity';

/** What a list of deliveries is narrowed to. */
export class EventDeliveryQuery extends PageQuery {
  @OptionalField({ enum: DELIVERY_STATUSES, enumName: 'EventDeliveryStatus' })
  @IsIn(DELIVERY_STATUSES)
  status?: DeliveryStatus;
}

/** One try. What was answered besides the status is kept nowhere. */
class EventAttempt {
  @ApiProperty({ format: 'date-time', example: '2026-11-22T03:04:05.678Z' })
  startedAt!: string;

  @ApiProperty({ example: 42 })
  durationMs!: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    example: 200,
    description: 'HTTP status; null: there was no answer',
  })
  status!: number | null;
}

/** An event on its way to the unit's own back end. */
export class EventDeliveryDto {
  @ApiProperty({ format: 'uuid', example: '5e3a6c9e-9d43-4b8a-a9a4-6d6a0c1b2f10' })
  id!: string;

  @ApiProperty({
    format: 'uuid',
    example: '9f86d081-884c-8d65-8a2f-eaa0c55ad015',
    description: '`webhook-id` of every try',
  })
  eventId!: string;

  @ApiProperty({ example: 42 })
  seq!: number;

  @ApiProperty({ enum: EVENT_TYPES, enumName: 'EventType', example: 'kyc.verified' })
  type!: EventType;

  @ApiProperty({
    enum: DELIVERY_STATUSES,
    enumName: 'EventDeliveryStatus',
    example: 'delivered',
    description:
      '`failed`: every try was in vain; `stopped`: the endpoint answered 410, until `retry` or `replay`',
  })
  status!: DeliveryStatus;

  @ApiProperty({ type: [EventAttempt] })
  attempts!: readonly DeliveryAttempt[];

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  nextAttemptAt!: Date | null;

  static of(
    { id, status, dueAt, attempts }: EventDelivery,
    { id: eventId, seq, type }: LedgerEvent,
  ): EventDeliveryDto {
    return { id, eventId, seq, type, status, attempts, nextAttemptAt: status === 'pending' ? dueAt : null };
  }
}

/** A page of deliveries, newest event first. */
export class EventDeliveryPage {
  @ApiProperty({ type: [EventDeliveryDto] })
  data!: EventDeliveryDto[];

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Pass it back as `cursor`; null on the last page',
  })
  nextCursor!: string | null;
}

/** From where on events are sent again. */
export class ReplayDto {
  @ApiProperty({
    type: 'integer',
    minimum: 0,
    maximum: 999_999_999_999_999,
    example: 0,
    description: 'Every event with a greater `seq` is sent',
  })
  @IsInt()
  @Min(0)
  @Max(999_999_999_999_999)
  afterSeq!: number;
}
