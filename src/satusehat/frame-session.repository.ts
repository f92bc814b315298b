import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Raw, type Repository } from 'typeorm';
import { PersonalRecords, type RecordedPerson } from '../kyc-ledger';
import { KeyRing } from '../platform/crypto';
import type { Transaction } from '../platform/database';
import { Jobs } from '../platform/jobs';
import { SatusehatFrame } from './satusehat-frame.entity';
import type { FrameSession } from './validation';

const KEEP_SECONDS = 30 * 60;
const FORGET = 'satusehat-forget-frame';
export const satusehatQueues = [{ name: FORGET }];

type Forgotten = { readonly businessUnit: string; readonly submissionId: string };

/** Validation pages for which a sealed challenge code may still be asked: encrypted, for half an hour (contract §6). */
@Injectable()
export class FrameSessionRepository {
  constructor(
    @InjectRepository(SatusehatFrame) private readonly frames: Repository<SatusehatFrame>,
    private readonly keys: KeyRing,
    private readonly jobs: Jobs,
  ) {
    jobs.work({ name: FORGET, concurrency: 1, expireInSeconds: 30, retryLimit: 5 }, (data: Forgotten) =>
      this.#forget(data),
    );
  }

  async keep(
    tx: Transaction,
    businessUnit: string,
    submissionId: string,
    frame: FrameSession,
  ): Promise<void> {
    const text = JSON.stringify({ token: frame.token, privateKey: frame.privateKey.toString('base64') });
    const { keyId, sealed } = this.keys.seal(text, aad(businessUnit, submissionId));
    const expiresAt = (): string => `now() + interval '${KEEP_SECONDS} seconds'`;
    await tx.manager.insert(SatusehatFrame, { businessUnit, submissionId, keyId, sealed, expiresAt });
    await this.jobs.send(tx, FORGET, { businessUnit, submissionId }, { startAfter: KEEP_SECONDS });
  }

  /** Undefined once the half hour is over. */
  async find(businessUnit: string, submissionId: string): Promise<FrameSession | undefined> {
    const expiresAt = Raw((column) => `${column} > now()`);
    const frame = await this.frames.findOneBy({ businessUnit, submissionId, expiresAt });
    if (frame === null) return undefined;
    const text = this.keys.unseal(frame.keyId, frame.sealed, aad(businessUnit, submissionId)).toString();
    const { token, privateKey } = JSON.parse(text) as { token: string; privateKey: string };
    return { token, privateKey: Buffer.from(privateKey, 'base64') };
  }

  async #forget({ businessUnit, submissionId }: Forgotten): Promise<void> {
    await this.frames.delete({ businessUnit, submissionId });
  }
}

/** Officers' validation pages: token and key open a page in the officer's name, and are erased with the officer. */
@Injectable()
export class FrameRecords extends PersonalRecords {
  /** For programs without this feature's module. */
  static readonly entities = [SatusehatFrame];
  readonly name = 'satusehat';

  async forget(tx: Transaction, { businessUnit, submissions }: RecordedPerson): Promise<readonly []> {
    await tx.manager.delete(SatusehatFrame, {
      businessUnit,
      submissionId: In(submissions.map(({ id }) => id)),
    });
    return [];
  }

  copy(tx: Transaction, { businessUnit, submissions }: RecordedPerson): Promise<readonly object[]> {
    return tx.manager.find(SatusehatFrame, {
      select: { submissionId: true, expiresAt: true },
      where: { businessUnit, submissionId: In(submissions.map(({ id }) => id)) },
    });
  }
}

function aad(unit: string, submissionId: string): string {
  return `satusehat_frame.sealed|v1|${unit}|${submissionId}`;
}
