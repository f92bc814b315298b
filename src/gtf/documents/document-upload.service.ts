import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { isBulkheadRejectedError } from 'cockatiel';
import type { Submission } from '../../kyc-ledger';
import { GatewayError, invalidState, notFound, temporarilyUnavailable } from '../../platform/errors';
import { tooLarge } from '../../platform/http';
import { FairShares } from '../../platform/outbound';
import { Clock, Deadline } from '../../platform/time';
import { DocumentRepository } from './document.repository';
import { type GtfSettings, gtfSettings } from '../gtf.settings';
import { checkImage } from './image-check';
import { MAX_IMAGE_BYTES } from './image-check';
import { ImageMemory } from './image-memory';
import { receiveImage } from './receive-image';
import { StorageClient, uploadUrlExpired } from './storage.client';

/** An image as it arrives. */
export interface IncomingImage {
  readonly contentType: string | undefined;
  readonly contentLength: string | undefined;
  readonly bytes: Readable;
}

/** An image that was handed on. */
export interface PassedImage {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** `image/jpg` is registered nowhere and sent by many. */
const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/jpg', 'image/png']);
/** The sender gets less time than the storage, so that a slow sender is not taken for a slow storage. */
const SENDER_SHARE_OF_TIME = 0.75;
/** A person has two documents to send; slow uploads of one person or unit leave room for the others'. */
const UPLOADS_AT_ONCE = { ofUnit: 30, waiting: 100, ofPerson: 4 };

/** The upload through the gateway: an image is received whole, checked, and then sent to GTF's URL byte for byte. */
@Injectable()
export class DocumentUpload {
  readonly #memory = new ImageMemory();
  readonly #shares = new FairShares(UPLOADS_AT_ONCE);

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
    const { businessUnit, id, personId } = submission;
    const origin = { businessUnit, person: personId };
    const document = await this.documents.find(businessUnit, id, type);
    if (document === undefined) throw notFound('GTF wants no such document for this submission.');
    if (submission.status !== 'open')
      throw invalidState('The submission was confirmed: its documents cannot change.');
    const { uploadUrl, expiresAt } = document;
    if (uploadUrl === null || expiresAt.getTime() <= this.clock.now()) throw uploadUrlExpired();
    demandImageType(image.contentType);
    const expectedBytes = Number(image.contentLength ?? MAX_IMAGE_BYTES);
    if (expectedBytes > MAX_IMAGE_BYTES) throw tooLarge(MAX_IMAGE_BYTES);
    const budgetMs = this.settings.values.GTF_UPLOAD_TIMEOUT_MS;
    const [deadline, arriving] = [Deadline.after(budgetMs), Deadline.after(budgetMs * SENDER_SHARE_OF_TIME)];
    const receive = async (): Promise<PassedImage> => {
      const bytes = await receiveImage(image.bytes, expectedBytes, arriving.remaining());
      const contentType = await checkImage(bytes);
      await this.storage.put({ origin, url: uploadUrl, contentType, bytes, deadline });
      return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
    };
    const passed = await this.#shares
      .run(origin, () => this.#memory.hold(expectedBytes, arriving.remaining(), receive))
      .catch(busyWhenRejected);
    await this.documents.uploaded(businessUnit, id, type, passed);
    return passed;
  }
}

function busyWhenRejected(error: unknown): never {
  if (isBulkheadRejectedError(error))
    throw temporarilyUnavailable('This person or business unit sends too many images at once.', 5);
  throw error;
}

function demandImageType(contentType: string | undefined): void {
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (!IMAGE_TYPES.has(type))
    throw new GatewayError(415, 'unsupported_media_type', 'Send image/jpeg or image/png.');
}
