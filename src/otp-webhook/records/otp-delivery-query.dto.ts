import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../../platform/paging';
import { type Channel, CHANNELS } from '../channels/otp-provider';
import type { DeliveryStatus } from '../delivery/delivery-policy';
import { STATUSES } from './otp-delivery.dto';

/** Which deliveries a list shows. */
export class OtpDeliveryQuery extends PageQuery {
  @ApiPropertyOptional({
    example: '084512340987',
    description: 'Phone number or e-mail address the code was for',
  })
  @IsOptional()
  @IsString()
  @MaxLength(254)
  identifier?: string;

  @ApiPropertyOptional({ enum: CHANNELS })
  @IsOptional()
  @IsIn(CHANNELS)
  channel?: Channel;

  @ApiPropertyOptional({ enum: STATUSES })
  @IsOptional()
  @IsIn(STATUSES)
  status?: DeliveryStatus;
}
