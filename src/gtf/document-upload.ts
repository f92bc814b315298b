import { Inject, Injectable } from '@nestjs/common';
import type { Submission } from '../kyc-ledger';
import { GatewayError, invalidState, notFound } from '../platform/errors';
import { tooLarge } from '../platform/http';
import { Clock } from '../platform/time';
import { DocumentRepository } from './document.repository';
import { type GtfSettings, gtfSettings } from './gtf.settings';
import { ImageGate, isImageType, MOST_IMAGE_BYTES, type PassedImage } from './image/image-gate';
import { StorageClient, uploadUrlExpired } from './partner/storage.client';

/** An image as it arrives. */
export interface IncomingImage {
  readonly contentType: string | undefined;
  readonly contentLength: string | undefined;
  readonly bytes: AsyncIterable<Buffer>;
}

/** The sender gets less time than the storage, so that a slow sender is not taken for a slow storage. */
const SENDER_SHARE_OF_TIME = 0.75;

/** The checked way in: an image is inspected while it is streamed to where GTF wants it. */
@Injectable()
export class DocumentUpload {
  constructor(
    private readonly documents: DocumentRepository,
    private readonly storage: StorageClient,
    private readonly clock: Clock,
    @Inject(gtfSettings.token) private readonly settings: GtfSettings,
  ) {}

  /**
   * Hands one document's image on; a later image of the same document replaces it.
   * @throws GatewayError 404, 409 `upload_url_expired` or `invalid_state`, 413, 415, 422 `invalid_image`; PartnerError
   */
  async upload(submission: Submission, type: string, image: IncomingImage): Promise<PassedImage> {
    const { businessUnit, id } = submission;
    const document = await this.documents.find(businessUnit, id, type);
    if (document === undefined) throw notFound('GTF wants no such document for this submission.');
    if (submission.status !== 'open')
      throw invalidState('The submission was confirmed: its documents cannot change.');
    const { uploadUrl, expiresAt } = document;
    if (uploadUrl === null || expiresAt.getTime() <= this.clock.now()) throw uploadUrlExpired();
    const contentType = imageTypeOf(image.contentType);
    if (Number(image.contentLength ?? 0) > MOST_IMAGE_BYTES) throw tooLarge(MOST_IMAGE_BYTES);
    const patienceMs = this.settings.values.GTF_UPLOAD_TIMEOUT_MS * SENDER_SHARE_OF_TIME;
    const gate = await ImageGate.open(image.bytes, contentType, patienceMs);
    await this.storage.put({
      url: uploadUrl,
      contentType,
      contentLength: image.contentLength,
      body: gate.body(),
    });
    const passed = gate.passed();
    await this.documents.uploaded(businessUnit, id, type, { ...passed, at: this.clock.date() });
    return passed;
  }
}

function imageTypeOf(contentType: string | undefined): 'image/jpeg' | 'image/png' {
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (!isImageType(type))
    throw new GatewayError(415, 'unsupported_media_type', 'Send image/jpeg or image/png.');
  return type;
}
