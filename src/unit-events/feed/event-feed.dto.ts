import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { EventDto, type LedgerEvent } from '../../kyc-ledger';
import { OptionalField } from '../../platform/http';

const MAX_SEQ = 1e15 - 1;
const LARGEST_PAGE = 100;

function asNumber({ value }: TransformFnParams): unknown {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}

/** A whole number in the query. */
function WholeNumber(
  minimum: number,
  maximum: number,
  standard: number,
  description: string,
): PropertyDecorator {
  return applyDecorators(
    OptionalField({ type: 'integer', minimum, maximum, default: standard, example: standard, description }),
    Transform(asNumber),
    // Of several broken rules the last is told: what is no number is not called too large.
    Max(maximum),
    Min(minimum),
    IsInt(),
  );
}

/** From where on events are wanted, and how long an empty answer may wait for the next. */
export class EventFeedQuery {
  @WholeNumber(0, MAX_SEQ, 0, '`nextAfter` of the answer before')
  after: number = 0;

  @WholeNumber(1, LARGEST_PAGE, LARGEST_PAGE, 'Events of the page at most')
  limit: number = LARGEST_PAGE;

  @WholeNumber(0, 30, 0, 'Seconds for which an empty answer is held back; the next event ends it at once')
  wait: number = 0;
}

/** One thing that happened in the business unit. */
export class UnitEvent extends EventDto {
  @ApiProperty({
    format: 'uuid',
    example: '9f86d081-884c-8d65-8a2f-eaa0c55ad015',
    description: '`webhook-id`',
  })
  id!: string;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: '4d7c3f0e-6a59-4a4f-8a83-0d2c8c1f9b11',
    description: 'Null: about a person as a whole, or the chain',
  })
  submissionId!: string | null;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: 'b1e7a1de-0c43-4c86-9d3a-52d6c5f0a9e4',
    description: "The gateway's own id of the person; null: about the chain",
  })
  personId!: string | null;

  static override of(event: LedgerEvent): UnitEvent {
    const { id, submissionId, personId } = event;
    return { ...EventDto.of(event), id, submissionId, personId };
  }
}

/** What happened after `after`, oldest first. */
export class EventFeedPage {
  @ApiProperty({ type: [UnitEvent] })
  data!: UnitEvent[];

  @ApiProperty({ example: 42, description: 'Pass it back as `after`' })
  nextAfter!: number;
}
