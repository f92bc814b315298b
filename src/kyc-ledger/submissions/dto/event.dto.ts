import { ApiProperty } from '@nestjs/swagger';
import type { EventData } from '../../events/event';
import { EVENT_TYPES, type EventType } from '../submission-state';

export class EventDto {
  @ApiProperty({
    type: 'integer',
    minimum: 1,
    example: 42,
    description: "Place in the business unit's chain",
  })
  seq!: number;

  @ApiProperty({ enum: EVENT_TYPES, enumName: 'EventType', example: 'kyc.verified' })
  type!: EventType;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T03:04:05.678Z' })
  at!: Date;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { reasonCode: null },
    description: 'Codes, ids and flags; never personal data',
  })
  data!: EventData;

  @ApiProperty({
    pattern: '^[0-9a-f]{64}$',
    example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    description: 'Covers the event and everything before it in the chain',
  })
  hash!: string;

  static of({ seq, type, at, data, hash }: Readonly<EventDto>): EventDto {
    return { seq, type, at, data, hash };
  }
}

/** A page of events, oldest first. */
export class EventPageDto {
  @ApiProperty({ type: [EventDto] })
  data!: EventDto[];

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Pass it back as `cursor`; null on the last page',
  })
  nextCursor!: string | null;
}
