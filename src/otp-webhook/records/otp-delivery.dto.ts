import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { OptionalField } from '../../platform/http';
import { PageQuery } from '../../platform/paging';
import { type DeliveryStatus, STATUSES } from '../delivery/delivery-policy';
import { type Channel, CHANNELS, OUTCOMES } from '../providers/otp-provider';
import { IDENTIFIER } from '../intake/identifier';
import { RECEIPT_STATUSES } from '../providers/receipts';
import { PROVIDER_NAMES } from '../providers/registry';

/** One try to hand a code to a provider. */
export class OtpAttempt {
  @ApiProperty({ enum: CHANNELS, example: 'whatsapp' }) channel!: string;

  @ApiProperty({ enum: PROVIDER_NAMES, example: 'whatsapp' }) provider!: string;

  @ApiProperty({
    type: String,
    enum: OUTCOMES,
    nullable: true,
    example: 'accepted',
    description:
      'null: under way. `recipient`: cannot be reached on this channel; `setup`: the account there is wrong; `unknown`: no answer came',
  })
  outcome!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: "The provider's own public error code",
  })
  errorCode!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: "The provider's id of the message; null for WhatsApp, whose ids hold the recipient's number",
  })
  providerMessageId!: string | null;

  @ApiProperty({
    type: String,
    enum: RECEIPT_STATUSES,
    nullable: true,
    example: 'delivered',
    description: 'What the provider reported later',
  })
  receipt!: string | null;

  @ApiProperty({
    example: false,
    description: 'A try before this one had an unknown outcome: the person may have got the same code twice',
  })
  possibleDuplicate!: boolean;

  @ApiProperty({ format: 'date-time', example: '2026-11-22T03:04:05.678Z' }) startedAt!: string;

  @ApiProperty({ type: 'integer', nullable: true, example: 213 }) durationMs!: number | null;
}

/** What became of one code. The code itself is never shown. */
export class OtpDelivery {
  @ApiProperty({ format: 'uuid', example: '6f9c0d6e-7f0a-4a3c-9d53-0d8f3d1b8a55' }) id!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '+6285***956',
    description: 'Masked; null once the person was forgotten',
  })
  identifier!: string | null;

  @ApiProperty({ enum: CHANNELS, example: 'whatsapp', description: 'The channel that was asked for' })
  channel!: string;

  @ApiProperty({ enum: STATUSES, example: 'delivered' }) status!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Why it failed or expired: the outcome of the last try, `deadline`, or `person_withdrew`',
  })
  reason!: string | null;

  @ApiProperty({ type: [OtpAttempt] }) attempts!: OtpAttempt[];

  @ApiProperty({ format: 'date-time', example: '2026-11-22T03:04:05.601Z' }) createdAt!: string;

  @ApiProperty({
    format: 'date-time',
    example: '2026-11-22T03:07:05.601Z',
    description: 'Nothing is sent after this',
  })
  expiresAt!: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-22T03:04:06.950Z' }) updatedAt!: string;
}

export class OtpDeliveryPage {
  @ApiProperty({ type: [OtpDelivery] }) data!: OtpDelivery[];

  @ApiProperty({ type: String, nullable: true, description: 'For `cursor`; null on the last page' })
  nextCursor!: string | null;
}

/** Which deliveries a list shows. */
export class OtpDeliveryQuery extends PageQuery {
  @OptionalField({
    example: '084512340987',
    description: 'Phone number or e-mail address the code was for',
    maxLength: 254,
    pattern: IDENTIFIER,
  })
  @IsString()
  @MaxLength(254)
  identifier?: string;

  @OptionalField({ enum: CHANNELS })
  @IsIn(CHANNELS)
  channel?: Channel;

  @OptionalField({ enum: STATUSES })
  @IsIn(STATUSES)
  status?: DeliveryStatus;
}

class DeliveryCount {
  @ApiProperty({ enum: STATUSES, example: 'delivered' })
  status!: DeliveryStatus;

  @ApiProperty({ example: 42 })
  count!: number;
}

export class OtpDeliverySummary {
  @ApiProperty({ type: [DeliveryCount] })
  byStatus!: DeliveryCount[];
}
