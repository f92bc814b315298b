import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AllPersonalRecords, type PersonalRecords, type RecordedPerson } from '../kyc-ledger';
import { KeyRing } from '../platform/crypto';
import { Database, type Transaction } from '../platform/database';
import { Jobs } from '../platform/jobs';
import type { FrameSession } from './validation';

interface FrameRow {
  readonly key_id: string;
  readonly sealed: Buffer;
}

const KEEP_SECONDS = 30 * 60;
const FORGET = 'satusehat-forget-frame';

type Forgotten = { readonly unit: string; readonly submissionId: string };

/** Validation pages for which a sealed challenge code may still be asked: encrypted, for half an hour (contract §6). */
@Injectable()
export class FrameSessionRepository {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly jobs: Jobs,
  ) {
    jobs.work({ name: FORGET, concurrency: 1, expireInSeconds: 30, retryLimit: 5 }, (data: Forgotten) =>
      this.#forget(data),
    );
  }

  async keep(tx: Transaction, unit: string, submissionId: string, frame: FrameSession): Promise<void> {
    const text = JSON.stringify({ token: frame.token, privateKey: frame.privateKey.toString('base64') });
    const { keyId, sealed } = this.keys.seal(text, aad(unit, submissionId));
    await tx.query(
      'INSERT INTO satusehat_frame (business_unit, submission_id, key_id, sealed, expires_at) VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))',
      [unit, submissionId, keyId, sealed, KEEP_SECONDS],
    );
    await this.jobs.send(tx, FORGET, { unit, submissionId }, { startAfter: KEEP_SECONDS });
  }

  /** Undefined once the half hour is over. */
  async find(unit: string, submissionId: string): Promise<FrameSession | undefined> {
    const [row] = await this.database.query<FrameRow>(
      'SELECT key_id, sealed FROM satusehat_frame WHERE business_unit = $1 AND submission_id = $2 AND expires_at > now()',
      [unit, submissionId],
    );
    if (row === undefined) return undefined;
    const text = this.keys.unseal(row.key_id, row.sealed, aad(unit, submissionId)).toString();
    const { token, privateKey } = JSON.parse(text) as { token: string; privateKey: string };
    return { token, privateKey: Buffer.from(privateKey, 'base64') };
  }

  async #forget({ unit, submissionId }: Forgotten): Promise<void> {
    await this.database.query('DELETE FROM satusehat_frame WHERE business_unit = $1 AND submission_id = $2', [
      unit,
      submissionId,
    ]);
  }
}

/** Officers' validation pages: token and key open a page in the officer's name, and are erased with the officer. */
@Injectable()
export class FrameRecords implements PersonalRecords, OnModuleInit {
  readonly name = 'satusehat';

  constructor(private readonly all: AllPersonalRecords) {}

  onModuleInit(): void {
    this.all.add(this);
  }

  async forget(tx: Transaction, { businessUnit, submissions }: RecordedPerson): Promise<readonly []> {
    await tx.query(
      'DELETE FROM satusehat_frame WHERE business_unit = $1 AND submission_id = ANY ($2::uuid[])',
      [businessUnit, submissions.map(({ id }) => id)],
    );
    return [];
  }

  copy(tx: Transaction, { businessUnit, submissions }: RecordedPerson): Promise<readonly object[]> {
    return tx.query(
      `SELECT submission_id AS "submissionId", expires_at AS "expiresAt" FROM satusehat_frame
        WHERE business_unit = $1 AND submission_id = ANY ($2::uuid[])`,
      [businessUnit, submissions.map(({ id }) => id)],
    );
  }
}

function aad(unit: string, submissionId: string): string {
  return `satusehat_frame.sealed|v1|${unit}|${submissionId}`;
}
