import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { Semaphore } from 'async-mutex';
import { isBulkheadRejectedError } from 'cockatiel';
import type { Submission } from '../../kyc-ledger';
import { GatewayError, invalidState, notFound, temporarilyUnavailable } from '../../platform/errors';
import { tooLarge } from '../../platform/http';
import { FairShares } from '../../platform/outbound';
import { Deadline } from '../../platform/time';
import type { UploadedDocumentDto } from '../coe/coe-submission.dto';
import { type GtfSettings, gtfSettings } from '../gtf.settings';
import { SessionRepository } from '../sessions/session.repository';
import { checkImage, MAX_IMAGE_BYTES } from './image-check';
import { StorageClient, uploadUrlExpired } from './storage.client';

/** An image as it arrives. */
export interface IncomingImage {
  readonly contentType: string | undefined;
  readonly contentLength: string | undefined;
  readonly bytes: Readable;
}

/** `image/jpg` is registered nowhere and sent by many. */
const IMAGE_TYPES: readonly string[] = ['image/jpeg', 'image/jpg', 'image/png'];
/** The sender gets less time than the storage, so that a slow sender is not taken for a slow storage. */
const SENDER_SHARE_OF_TIME = 0.75;
/** All images that are held at once: sixteen of the largest, many more of the usual size. The others' bytes are still at their senders. */
const MAX_HELD_BYTES = 128 * 1024 * 1024;
/** In what the room is counted. */
const STEP_BYTES = 64 * 1024;
/** A person has two documents to send; slow uploads of one person or unit leave room for the others'. */
const UPLOADS_AT_ONCE = { ofUnit: 30, ofPerson: 4, waiting: 100 };

/** The upload through the gateway: an image is received whole, checked, and then sent to GTF's URL byte for byte. */
@Injectable()
export class DocumentUpload {
  readonly #room = new Semaphore(MAX_HELD_BYTES / STEP_BYTES);
  readonly #shares = new FairShares(UPLOADS_AT_ONCE);

  constructor(
    private readonly sessions: SessionRepository,
    private readonly storage: StorageClient,
    @Inject(gtfSettings.token) private readonly settings: GtfSettings,
  ) {}

  /**
   * Hands one document's image on; a later image of the same document replaces it.
   * @throws GatewayError 404, 409 `upload_url_expired` or `invalid_state`, 413, 415, 422 `invalid_image`; PartnerError
   */
  async upload(submission: Submission, type: string, image: IncomingImage): Promise<UploadedDocumentDto> {
    const { businessUnit, id: submissionId, personId } = submission;
    const origin = { businessUnit, person: personId };
    const uploadUrl = await this.sessions.uploadUrl({ businessUnit, submissionId }, type);
    if (uploadUrl === undefined) throw notFound('GTF wants no such document for this submission.');
    if (submission.status !== 'open')
      throw invalidState('The submission was confirmed: its documents cannot change.');
    if (uploadUrl === null) throw uploadUrlExpired();
    if (!IMAGE_TYPES.includes(image.contentType?.split(';')[0]?.trim().toLowerCase() ?? ''))
      throw new GatewayError(415, 'unsupported_media_type', 'Send image/jpeg or image/png.');
    const expectedBytes = Number(image.contentLength ?? MAX_IMAGE_BYTES);
    if (expectedBytes > MAX_IMAGE_BYTES) throw tooLarge(MAX_IMAGE_BYTES);
    const budgetMs = this.settings.values.GTF_UPLOAD_TIMEOUT_MS;
    const [deadline, arriving] = [Deadline.after(budgetMs), Deadline.after(budgetMs * SENDER_SHARE_OF_TIME)];
    const { promise: late, reject: refuse } = Promise.withResolvers<never>();
    const patience = setTimeout(() => refuse(busy()), arriving.remaining());
    const passOn = async (): Promise<UploadedDocumentDto> => {
      clearTimeout(patience);
      if (arriving.remaining() === 0) throw busy();
      const bytes = await receiveImage(image.bytes, expectedBytes, arriving.remaining());
      const contentType = await checkImage(bytes);
      await this.storage.put({ origin, url: uploadUrl, contentType, bytes, deadline });
      return { type, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
    };
    const steps = Math.max(1, Math.ceil(expectedBytes / STEP_BYTES));
    const passing = this.#shares.run(origin, () => this.#room.runExclusive(passOn, steps));
    const passed = await Promise.race([passing, late])
      .catch((error: unknown) => {
        throw isBulkheadRejectedError(error) ? busy() : error;
      })
      .finally(() => clearTimeout(patience));
    await this.sessions.uploaded({ businessUnit, submissionId }, passed);
    return passed;
  }
}

function busy(): Error {
  return temporarilyUnavailable('Too many images arrive at once.', 5);
}

/**
 * The whole image. Copied into one buffer as it arrives: a sender may cut it into millions of pieces, each of which would cost
 * a hundred times its size while it was kept.
 * @param expectedBytes how many will come, at most
 * @param patienceMs how long the sender may take
 * @throws GatewayError 400 when it breaks off, 408 when it takes too long, 413
 */
export function receiveImage(source: Readable, expectedBytes: number, patienceMs: number): Promise<Buffer> {
  const image = Buffer.allocUnsafeSlow(expectedBytes);
  let size = 0;
  return new Promise((resolve, reject) => {
    const done = (settle: () => void): void => {
      clearTimeout(timer);
      source.off('data', take).off('end', end).off('error', cutShort).off('close', cutShort);
      // Without a listener a late error of the source would end the process.
      source.on('error', () => undefined);
      settle();
    };
    const refuse = (error: GatewayError): void => done(() => reject(error));
    const take = (piece: Buffer): void => {
      if (size + piece.length > expectedBytes) return refuse(tooLarge(MAX_IMAGE_BYTES));
      size += piece.copy(image, size);
    };
    const end = (): void => done(() => resolve(image.subarray(0, size)));
    const cutShort = (): void =>
      refuse(new GatewayError(400, 'invalid_request', 'The image did not arrive completely.'));
    const timer = setTimeout(
      () => refuse(new GatewayError(408, 'invalid_request', 'The image took too long to arrive.')),
      patienceMs,
    );
    source.on('data', take).on('end', end).on('error', cutShort).on('close', cutShort);
    if (source.destroyed) cutShort();
  });
}
