import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import { Access, BackOffice, type BackOfficeCaller, type Context, Ctx } from '../../auth';
import { Refuses } from '../../platform/http';
import { IDENTIFIER } from '../intake/identifier';
import { OtpLimits } from './otp-limits.service';

/** Whose limits start anew. */
export class OtpLimitReset {
  @ApiProperty({
    example: '084512340987',
    maxLength: 254,
    pattern: IDENTIFIER,
    description: 'Phone number in any usual spelling, or e-mail address; its `+tag` does not matter',
  })
  @IsString()
  @MaxLength(254)
  identifier!: string;
}

@ApiTags('OTP')
@Controller('v1/otp-limits')
export class OtpLimitsController {
  constructor(private readonly limits: OtpLimits) {}

  @Post('reset')
  @HttpCode(204)
  @Access(BackOffice)
  @ApiOperation({
    summary: 'Let an identifier be sent to again',
    description:
      'The limits for ten minutes and for a day (`OTP_LIMIT_PER_10_MINUTES`, `OTP_LIMIT_PER_DAY`) start anew for this identifier ' +
      'in this unit. Those for numbers in a row and for the unit do not. Recorded, with the credential that asked for it.',
  })
  @ApiNoContentResponse({ description: 'Done; also when nothing had been counted' })
  @Refuses([
    400,
    'invalid_request',
    'the identifier is neither an Indonesian mobile number nor an e-mail address',
  ])
  resetOtpLimit(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @Body() { identifier }: OtpLimitReset,
  ): Promise<void> {
    return this.limits.reset(caller, identifier);
  }
}
