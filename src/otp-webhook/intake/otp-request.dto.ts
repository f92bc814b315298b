import { Injectable, type PipeTransform } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { z } from 'zod';
import { invalidRequest } from '../../platform/errors';
import { CHANNELS } from '../providers/otp-provider';
import { IDENTIFIER } from './identifier';

/** What SIMAS-ID sends when a person needs a code ("OTP Webhook Contract"). */
export class OtpRequest {
  @ApiProperty({
    maxLength: 254,
    pattern: IDENTIFIER,
    example: '084512340987',
    description:
      'Indonesian mobile number in any usual spelling, or an e-mail address with an ASCII (or punycode) domain',
  })
  identifier!: string;

  @ApiProperty({
    example: '123456',
    pattern: '^[0-9A-Za-z]{4,10}$',
    description: 'The code, made by SIMAS-ID',
  })
  otp!: string;

  @ApiProperty({ example: 'whatsapp', enum: CHANNELS })
  channel!: string;
}

/** The code is durable and on its way. */
export class OtpAccepted {
  @ApiProperty({
    format: 'uuid',
    example: '6f9c0d6e-7f0a-4a3c-9d53-0d8f3d1b8a55',
    description: 'Id of the delivery',
  })
  id!: string;

  @ApiProperty({ example: 'accepted', enum: ['accepted'] })
  status!: 'accepted';
}

/** The only error body of this route, as SIMAS-ID prescribes. */
export class OtpError {
  @ApiProperty({ example: 'invalid_request' })
  error!: string;

  @ApiProperty({ example: 'otp: must be 4 to 10 letters or digits, as a string' })
  error_description!: string;
}

const CODE = 'must be 4 to 10 letters or digits, as a string';

/** SIMAS-ID's body (simas-id.md §2). It may grow fields: those we do not know are left out. */
const otpRequestWire = z.object(
  {
    identifier: text(254),
    otp: z.string(CODE).regex(/^[0-9A-Za-z]{4,10}$/, CODE),
    channel: text(32),
  },
  'must be a JSON object',
);

function text(longest: number): z.ZodString {
  return z.string('must be a string').max(longest, `must be shorter than or equal to ${longest} characters`);
}

/** Validates the webhook's body. */
@Injectable()
export class OtpRequestPipe implements PipeTransform<unknown, OtpRequest> {
  transform(body: unknown): OtpRequest {
    const { data, error } = otpRequestWire.safeParse(body);
    if (data !== undefined) return data;
    const errors = error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
    throw errors.some(({ field }) => field === '')
      ? invalidRequest('The body must be a JSON object.')
      : invalidRequest('The request is not valid.', errors);
  }
}
