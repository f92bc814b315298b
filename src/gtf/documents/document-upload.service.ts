import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
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
    demandImageType(image.contentType);
    const expectedBytes = Number(image.contentLength ?? MAX_IMAGE_BYTES);
    if (expectedBytes > MAX_IMAGE_BYTES) throw tooLarge(MAX_IMAGE_BYTES);
    const budgetMs = this.settings.values.GTF_UPLOAD_TIMEOUT_MS;
    const [deadline, arriving] = [Deadline.after(budgetMs), Deadline.after(budgetMs * SENDER_SHARE_OF_TIME)];
    const receive = async (): Promise<UploadedDocumentDto> => {
      const bytes = await receiveImage(image.bytes, expectedBytes, arriving.remaining());
      const contentType = await checkImage(bytes);
      await this.storage.put({ origin, url: uploadUrl, contentType, bytes, deadline });
      return { type, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
    };
    const passed = await this.#shares
      .run(origin, () => this.#memory.hold(expectedBytes, arriving.remaining(), receive))
      .catch(busyWhenRejected);
    await this.sessions.uploaded({ businessUnit, submissionId }, passed);
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

/** Bytes of all images that are held at once: sixteen of the largest, or some forty of the usual size. */
const MAX_HELD_BYTES = 128 * 1024 * 1024;
const MAX_WAITING = 200;

interface Waiting {
  readonly bytes: number;
  readonly begin: () => void;
}

/** Lets uploads in as long as there is room for their images; the others wait with their bytes still at the sender. */
export class ImageMemory {
  #free: number;
  readonly #waiting: Waiting[] = [];

  constructor(bytes = MAX_HELD_BYTES) {
    this.#free = bytes;
  }

  /**
   * Runs `work` once there is room for `bytes`, and holds the room until it has ended.
   * @throws GatewayError 503 when there is none within `patienceMs`, or too many wait
   */
  async hold<T>(bytes: number, patienceMs: number, work: () => Promise<T>): Promise<T> {
    await this.#enter(bytes, patienceMs);
    try {
      return await work();
    } finally {
      this.#free += bytes;
      this.#admit();
    }
  }

  async #enter(bytes: number, patienceMs: number): Promise<void> {
    if (this.#waiting.length === 0 && bytes <= this.#free) {
      this.#free -= bytes;
      return;
    }
    if (this.#waiting.length >= MAX_WAITING) throw busy();
    const { promise, resolve: begin, reject } = Promise.withResolvers<void>();
    const waiting = { bytes, begin };
    const timer = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      reject(busy());
      this.#admit();
    }, patienceMs);
    this.#waiting.push(waiting);
    await promise.finally(() => clearTimeout(timer));
  }

  /** In the order they came: a large image must not wait for ever behind small ones. */
  #admit(): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && next.bytes <= this.#free;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#free -= next.bytes;
      next.begin();
    }
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
