import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { OptionalField } from '../../platform/http';
import { PageQuery } from '../../platform/paging';
import { type Channel, CHANNELS } from '../providers/otp-provider';
import type { DeliveryStatus } from '../delivery/delivery-policy';
import { STATUSES } from './otp-delivery.dto';

/** Which deliveries a list shows. */
export class OtpDeliveryQuery extends PageQuery {
  @ApiPropertyOptional({
    example: '084512340987',
    description: 'Phone number or e-mail address the code was for',
  })
  @OptionalField()
  @IsString()
  @MaxLength(254)
  identifier?: string;

  @ApiPropertyOptional({ enum: CHANNELS })
  @OptionalField()
  @IsIn(CHANNELS)
  channel?: Channel;

  @ApiPropertyOptional({ enum: STATUSES })
  @OptionalField()
  @IsIn(STATUSES)
  status?: DeliveryStatus;
}
