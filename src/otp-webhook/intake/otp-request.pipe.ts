import { Injectable, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { invalidRequest } from '../../platform/errors';
import type { OtpRequest } from './otp-request.dto';

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
