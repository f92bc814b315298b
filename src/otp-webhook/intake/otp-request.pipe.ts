import { Injectable, type PipeTransform } from '@nestjs/common';
import { invalidRequest } from '../../platform/errors';
import { validated } from '../../platform/http';
import { OtpRequest } from './otp-request.dto';

/** Validates the webhook's body and leaves out fields we do not know: SIMAS-ID may add some. */
@Injectable()
export class OtpRequestPipe implements PipeTransform<unknown, OtpRequest> {
  transform(body: unknown): OtpRequest {
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw invalidRequest('The body must be a JSON object.');
    const { identifier, otp, channel } = body as OtpRequest;
    return validated(Object.assign(new OtpRequest(), { identifier, otp, channel }));
  }
}
