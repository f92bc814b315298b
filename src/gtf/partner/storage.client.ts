import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { GatewayError } from '../../platform/errors';
import { PartnerError } from '../../platform/outbound';
import { GtfDoors } from './gtf-doors';

/** An image on its way to where GTF wants it. */
export interface Upload {
  readonly url: string;
  readonly contentType: string;
  /** Announced by the sender; absent when it did not say. */
  readonly contentLength: string | undefined;
  readonly body: Readable;
}

const PARTNER = 'GTF storage';
const OPERATION = 'upload';

/** Object storage behind pre-signed URLs (gtf.md §1, §3.2). The URL is the only credential it ever sees. */
@Injectable()
export class StorageClient {
  constructor(private readonly doors: GtfDoors) {}

  /** @throws GatewayError 409 `upload_url_expired`; PartnerError; whatever the body failed with */
  async put({ url, contentType, contentLength, body }: Upload): Promise<void> {
    const response = await this.doors.storage.send({
      operation: OPERATION,
      method: 'PUT',
      url,
      headers: {
        'content-type': contentType,
        ...(contentLength === undefined ? {} : { 'content-length': contentLength }),
      },
      body,
    });
    if (response.status === 200 || response.status === 204) return;
    if (response.status === 403 && /expired/i.test(response.body.toString())) throw uploadUrlExpired();
    throw new PartnerError(PARTNER, OPERATION, 'error', { httpStatus: response.status });
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
