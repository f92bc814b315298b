import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Not, type Repository } from 'typeorm';
import { KeyRing } from '../../platform/crypto';
import { Database, databaseTime, type Transaction } from '../../platform/database';
import { Jobs } from '../../platform/jobs';
import type { UploadedDocumentDto, UploadUrlDto } from '../coe/coe-submission.dto';
import { GtfDocument, type SessionKey } from '../gtf.entity';

const DROP_URLS_JOB = 'gtf-drop-upload-urls';
export const DROP_URLS_QUEUE = {
  name: DROP_URLS_JOB,
  concurrency: 1,
  expireInSeconds: 60,
  retryLimit: 20,
  retryDelay: 30,
};

/** Rows of `gtf_document`. Signed URLs are encrypted at rest: reading the table is not enough to upload. */
@Injectable()
export class DocumentRepository implements OnModuleInit {
  constructor(
    @InjectRepository(GtfDocument) private readonly documents: Repository<GtfDocument>,
    private readonly keys: KeyRing,
    private readonly jobs: Jobs,
    private readonly database: Database,
  ) {}

  onModuleInit(): void {
    this.jobs.work(DROP_URLS_QUEUE, async ({ businessUnit, submissionId }: SessionKey) => {
      await this.documents.update({ businessUnit, submissionId }, { urlKeyId: null, urlSealed: null });
    });
  }

  /** Keeps signed URLs until the last of a submission expires. */
  async keep(
    tx: Transaction,
    businessUnit: string,
    submissionId: string,
    urls: readonly UploadUrlDto[],
  ): Promise<void> {
    const documents = urls.map(({ type, uploadUrl, expiresAt }) => {
      const { keyId, sealed } = this.keys.seal(uploadUrl, aad(businessUnit, submissionId, type));
      return { businessUnit, submissionId, type, urlKeyId: keyId, urlSealed: sealed, expiresAt };
    });
    await tx.manager.insert(GtfDocument, documents);
    const startAfter = new Date(Math.max(...urls.map(({ expiresAt }) => expiresAt.getTime())));
    await this.jobs.send(tx, DROP_URLS_JOB, { businessUnit, submissionId }, { startAfter });
  }

  /** Where a document goes; null once that has expired, undefined for a document that GTF does not want. */
  async uploadUrl(
    businessUnit: string,
    submissionId: string,
    type: string,
  ): Promise<string | null | undefined> {
    const document = await this.documents.findOneBy({ businessUnit, submissionId, type });
    if (document === null) return undefined;
    const { urlKeyId, urlSealed, expiresAt } = document;
    if (urlKeyId === null || urlSealed === null || expiresAt <= (await databaseTime(this.database)))
      return null;
    return this.keys.unseal(urlKeyId, urlSealed, aad(businessUnit, submissionId, type)).toString();
  }

  async uploaded(
    businessUnit: string,
    submissionId: string,
    type: string,
    { sha256, bytes }: Pick<UploadedDocumentDto, 'sha256' | 'bytes'>,
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
}

function aad(unit: string, submissionId: string, type: string): string {
  return `gtf_document.url_sealed|v1|${unit}|${submissionId}|${type}`;
}
