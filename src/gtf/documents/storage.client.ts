import { Inject, Injectable } from '@nestjs/common';
import { GatewayError } from '../../platform/errors';
import {
  type CallOrigin,
  isForeignPage,
  PartnerError,
  PartnerHttpClients,
  retryAfterSeconds,
  textOf,
} from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import { GtfAccounts } from '../gtf-accounts.service';
import { type GtfSettings, gtfSettings } from '../gtf.settings';

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

/** Object storage behind pre-signed URLs (gtf.md §1, §3.2). The URL is the only credential that is sent. */
@Injectable()
export class StorageClient {
  readonly #http;

  constructor(
    clients: PartnerHttpClients,
    { uploadHosts: hosts }: GtfAccounts,
    @Inject(gtfSettings.token) { values }: GtfSettings,
    private readonly clock: Clock,
  ) {
    this.#http = clients.create({
      partner: PARTNER,
      check: 'gtf-coe', // documents are COE's alone
      hosts,
      timeoutMs: values.GTF_UPLOAD_TIMEOUT_MS,
    });
  }

  /** With a length: object stores refuse a chunked body. @throws GatewayError 409 `upload_url_expired`; PartnerError */
  async put({ origin, url, contentType, bytes, deadline }: Upload): Promise<void> {
    const answer = await this.#http.send({
      operation: OPERATION,
      origin,
      method: 'PUT',
      url,
      headers: { 'content-type': contentType, 'content-length': String(bytes.length) },
      body: bytes,
      deadline,
      repeatable: true,
    });
    const { status, headers, body } = answer;
    const isForeign = isForeignPage(answer);
    if ((status === 200 || status === 204) && !isForeign) return;
    if (status === 403 && !isForeign && /expired/i.test(textOf(body))) throw uploadUrlExpired();
    throw new PartnerError(PARTNER, OPERATION, BUSY.includes(status) ? 'unavailable' : 'error', {
      answer,
      retryAfterSeconds: retryAfterSeconds(headers, this.clock.now()),
    });
  }
}

/** The time for this upload is over; GTF gives a new URL with a new submission only. */
export function uploadUrlExpired(): GatewayError {
  return new GatewayError(
    409,
    'upload_url_expired',
    'The time for uploading this document is over: create a new submission.',
  );
}
