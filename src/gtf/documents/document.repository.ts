import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Not, type Repository } from 'typeorm';
import { KeyRing } from '../../platform/crypto';
import type { Transaction } from '../../platform/database';
import { Jobs } from '../../platform/jobs';
import { Clock } from '../../platform/time';
import type { UploadUrlDto } from '../coe/coe-submission.dto';
import { GtfDocument } from '../gtf.entity';

/** A document GTF wants, and what arrived of it; no `uploadUrl` once it is expired. */
export interface WantedDocument extends Pick<GtfDocument, 'type' | 'expiresAt' | 'sha256' | 'bytes'> {
  readonly uploadUrl: string | null;
}

const DROP_URLS_JOB = 'gtf-drop-upload-urls';
const QUEUE = { name: DROP_URLS_JOB, concurrency: 1, expireInSeconds: 60, retryLimit: 20, retryDelay: 30 };

/** Rows of `gtf_document`. Signed URLs are encrypted at rest: reading the table is not enough to upload. */
@Injectable()
export class DocumentRepository implements OnModuleInit {
  constructor(
    @InjectRepository(GtfDocument) private readonly documents: Repository<GtfDocument>,
    private readonly keys: KeyRing,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.jobs.work(QUEUE, (data: { readonly businessUnit: string; readonly submissionId: string }) =>
      this.#dropUrls(data.businessUnit, data.submissionId),
    );
  }

  /** Keeps signed URLs until the last of a submission expires. */
  async keep(
    tx: Transaction,
    businessUnit: string,
    submissionId: string,
    urls: readonly UploadUrlDto[],
  ): Promise<void> {
    for (const url of urls) await this.#add(tx, businessUnit, submissionId, url);
    const last = Math.max(...urls.map(({ expiresAt }) => expiresAt.getTime()));
    const startAfter = Math.max(0, (last - this.clock.now()) / 1000);
    await this.jobs.send(tx, DROP_URLS_JOB, { businessUnit, submissionId }, { startAfter });
  }

  async #add(tx: Transaction, unit: string, submissionId: string, document: UploadUrlDto): Promise<void> {
    const { keyId, sealed } = this.keys.seal(document.uploadUrl, aad(unit, submissionId, document.type));
    await tx.manager.insert(GtfDocument, {
      businessUnit: unit,
      submissionId,
      type: document.type,
      urlKeyId: keyId,
      urlSealed: sealed,
      expiresAt: document.expiresAt,
    });
  }

  async find(businessUnit: string, submissionId: string, type: string): Promise<WantedDocument | undefined> {
    const document = await this.documents.findOneBy({ businessUnit, submissionId, type });
    if (document === null) return undefined;
    const { urlKeyId, urlSealed, expiresAt, sha256, bytes } = document;
    const uploadUrl =
      urlKeyId === null || urlSealed === null
        ? null
        : this.keys.unseal(urlKeyId, urlSealed, aad(businessUnit, submissionId, type)).toString();
    return { type, uploadUrl, expiresAt, sha256, bytes };
  }

  async uploaded(
    businessUnit: string,
    submissionId: string,
    type: string,
    { sha256, bytes }: { readonly sha256: string; readonly bytes: number },
  ): Promise<void> {
    const arrived = { sha256, bytes, uploadedAt: () => 'now()' };
    await this.documents.update({ businessUnit, submissionId, type }, arrived);
  }

  /** The images that were handed on, for the ledger: type, digest and size, by type. */
  async digests(
    businessUnit: string,
    submissionId: string,
  ): Promise<readonly Pick<GtfDocument, 'type' | 'sha256' | 'bytes'>[]> {
    return this.documents.find({
      select: { type: true, sha256: true, bytes: true },
      where: { businessUnit, submissionId, sha256: Not(IsNull()) },
      order: { type: 'ASC' },
    });
  }

  /** Deletes the submission's signed URLs. The job decides when, by its own clock: the database's may be another. */
  async #dropUrls(businessUnit: string, submissionId: string): Promise<void> {
    await this.documents.update({ businessUnit, submissionId }, { urlKeyId: null, urlSealed: null });
  }
}

function aad(unit: string, submissionId: string, type: string): string {
  return `gtf_document.url_sealed|v1|${unit}|${submissionId}|${type}`;
}
