import { Injectable, type OnModuleInit } from '@nestjs/common';
import { KeyRing } from '../../platform/crypto';
import { Database, type Transaction } from '../../platform/database';
import { Jobs } from '../../platform/jobs';
import { Clock } from '../../platform/time';

/** A document GTF wants, and what arrived of it. */
export interface GtfDocument {
  readonly type: string;
  /** Null once expired. */
  readonly uploadUrl: string | null;
  readonly expiresAt: Date;
  readonly sha256: string | null;
  readonly bytes: number | null;
}

interface DocumentRow {
  readonly type: string;
  readonly url_key_id: string | null;
  readonly url_sealed: Buffer | null;
  readonly expires_at: Date;
  readonly sha256: string | null;
  readonly bytes: number | null;
}

/** A document to upload and where it goes. */
export interface UploadUrl {
  readonly type: string;
  readonly uploadUrl: string;
  readonly expiresAt: Date;
}

const DROP_URLS_JOB = 'gtf-drop-upload-urls';
const QUEUE = { name: DROP_URLS_JOB, concurrency: 1, expireInSeconds: 60, retryLimit: 20, retryDelay: 30 };

/** Rows of `gtf_document`. Signed URLs are encrypted at rest: reading the table is not enough to upload. */
@Injectable()
export class DocumentRepository implements OnModuleInit {
  constructor(
    private readonly database: Database,
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
    urls: readonly UploadUrl[],
  ): Promise<void> {
    for (const url of urls) await this.#add(tx, businessUnit, submissionId, url);
    const last = Math.max(...urls.map(({ expiresAt }) => expiresAt.getTime()));
    const startAfter = Math.max(0, (last - this.clock.now()) / 1000);
    await this.jobs.send(tx, DROP_URLS_JOB, { businessUnit, submissionId }, { startAfter });
  }

  async #add(tx: Transaction, unit: string, submissionId: string, document: UploadUrl): Promise<void> {
    const { keyId, sealed } = this.keys.seal(document.uploadUrl, aad(unit, submissionId, document.type));
    await tx.query(
      `INSERT INTO gtf_document (business_unit, submission_id, type, url_key_id, url_sealed, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [unit, submissionId, document.type, keyId, sealed, document.expiresAt],
    );
  }

  async find(unit: string, submissionId: string, type: string): Promise<GtfDocument | undefined> {
    const [row] = await this.database.query<DocumentRow>(
      `SELECT type, url_key_id, url_sealed, expires_at, sha256, bytes FROM gtf_document
        WHERE business_unit = $1 AND submission_id = $2 AND type = $3`,
      [unit, submissionId, type],
    );
    if (row === undefined) return undefined;
    const { url_key_id: keyId, url_sealed: sealed } = row;
    const uploadUrl =
      keyId === null || sealed === null
        ? null
        : this.keys.unseal(keyId, sealed, aad(unit, submissionId, type)).toString();
    return { type, uploadUrl, expiresAt: row.expires_at, sha256: row.sha256, bytes: row.bytes };
  }

  async uploaded(
    unit: string,
    submissionId: string,
    type: string,
    { sha256, bytes }: { readonly sha256: string; readonly bytes: number },
  ): Promise<void> {
    await this.database.query(
      `UPDATE gtf_document SET sha256 = $4, bytes = $5, uploaded_at = now()
        WHERE business_unit = $1 AND submission_id = $2 AND type = $3`,
      [unit, submissionId, type, sha256, bytes],
    );
  }

  /** The images that were handed on, for the ledger: type, digest and size, by type. */
  async digests(
    unit: string,
    submissionId: string,
  ): Promise<readonly { readonly type: string; readonly sha256: string; readonly bytes: number }[]> {
    return this.database.query(
      `SELECT type, sha256, bytes FROM gtf_document
        WHERE business_unit = $1 AND submission_id = $2 AND sha256 IS NOT NULL ORDER BY type`,
      [unit, submissionId],
    );
  }

  /** Deletes the submission's signed URLs. The job decides when, by its own clock: the database's may be another. */
  async #dropUrls(unit: string, submissionId: string): Promise<void> {
    await this.database.query(
      `UPDATE gtf_document SET url_key_id = NULL, url_sealed = NULL WHERE business_unit = $1 AND submission_id = $2`,
      [unit, submissionId],
    );
  }
}

function aad(unit: string, submissionId: string, type: string): string {
  return `gtf_document.url_sealed|v1|${unit}|${submissionId}|${type}`;
}
