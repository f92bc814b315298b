import { Injectable } from '@nestjs/common';
import { GatewayError } from '../../platform/errors';
import { type CallOrigin, PartnerError, retryAfterSeconds } from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import { GtfDoors } from './gtf-doors';

/** An image on its way to where GTF wants it. */
export interface Upload {
  readonly origin: CallOrigin;
  readonly url: string;
  readonly contentType: string;
  readonly bytes: Buffer;
  readonly deadline: Deadline;
}

const PARTNER = 'GTF storage';
const OPERATION = 'upload';
const BUSY: readonly number[] = [429, 503];

/** Object storage behind pre-signed URLs (gtf.md §1, §3.2). The URL is the only credential it ever sees. */
@Injectable()
export class StorageClient {
  constructor(
    private readonly doors: GtfDoors,
    private readonly clock: Clock,
  ) {}

  /** With a length: object stores refuse a chunked body. @throws GatewayError 409 `upload_url_expired`; PartnerError */
  async put({ origin, url, contentType, bytes, deadline }: Upload): Promise<void> {
    const { status, headers, body } = await this.doors.storage.send({
      operation: OPERATION,
      origin,
      method: 'PUT',
      url,
      headers: { 'content-type': contentType, 'content-length': String(bytes.length) },
      body: bytes,
      deadline,
      repeatable: true,
    });
    if (status === 200 || status === 204) return;
    if (status === 403 && /expired/i.test(body.toString())) throw uploadUrlExpired();
    if (!BUSY.includes(status)) throw new PartnerError(PARTNER, OPERATION, 'error', { httpStatus: status });
    throw new PartnerError(PARTNER, OPERATION, 'unavailable', {
      httpStatus: status,
      retryAfterSeconds: retryAfterSeconds(headers, this.clock.now()),
    });
  }
}

/** The time for this upload is over; only a new submission brings a new URL. */
export function uploadUrlExpired(): GatewayError {
  return new GatewayError(
    409,
    'upload_url_expired',
    'The time for uploading this document is over: create a new submission.',
  );
}
