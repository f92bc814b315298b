import { Injectable, type PipeTransform } from '@nestjs/common';
import { invalidRequest } from '../../platform/errors';
import { createValidationPipe } from '../../platform/http';
import { OtpRequest } from './otp-request.dto';

const validation = createValidationPipe('ignore');

/** Validates the webhook's body and leaves out fields we do not know: SIMAS-ID may add some. */
@Injectable()
export class OtpRequestPipe implements PipeTransform<unknown, Promise<OtpRequest>> {
  async transform(body: unknown): Promise<OtpRequest> {
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw invalidRequest('The body must be a JSON object.');
    return (await validation.transform(body, { type: 'body', metatype: OtpRequest })) as OtpRequest;
  }
}
