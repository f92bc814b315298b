import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Raw, type Repository } from 'typeorm';
import { PersonalRecords, type RecordedPerson } from '../kyc-ledger';
import { KeyRing } from '../platform/crypto';
import type { Transaction } from '../platform/database';
import { Scheduler } from '../platform/scheduler';
import { SatusehatFrame } from './satusehat-frame.entity';
import type { FrameSession } from './validation';

const KEEP_MINUTES = 30;
const FORGET_EVERY_MS = 10_000;

/** Validation pages for which a sealed challenge code may still be asked: encrypted, for half an hour (contract §6). */
@Injectable()
export class FrameSessionRepository implements OnModuleInit {
  constructor(
    @InjectRepository(SatusehatFrame) private readonly frames: Repository<SatusehatFrame>,
    private readonly keys: KeyRing,
    private readonly scheduler: Scheduler,
  ) {}

  onModuleInit(): void {
    const expiresAt = Raw((column) => `${column} <= now()`);
    const run = (): Promise<unknown> => this.frames.delete({ expiresAt });
    this.scheduler.add({ name: 'old validation pages', everyMs: FORGET_EVERY_MS, run });
  }

  async keep(
    tx: Transaction,
    businessUnit: string,
    submissionId: string,
    frame: FrameSession,
  ): Promise<void> {
    const { keyId, sealed } = this.keys.seal(JSON.stringify(frame), aad(businessUnit, submissionId));
    const expiresAt = (): string => `now() + interval '${KEEP_MINUTES} minutes'`;
    await tx.manager.insert(SatusehatFrame, { businessUnit, submissionId, keyId, sealed, expiresAt });
  }

  /** Undefined once the half hour is over. */
  async find(businessUnit: string, submissionId: string): Promise<FrameSession | undefined> {
    const expiresAt = Raw((column) => `${column} > now()`);
    const frame = await this.frames.findOneBy({ businessUnit, submissionId, expiresAt });
    if (frame === null) return undefined;
    const text = this.keys.unseal(frame.keyId, frame.sealed, aad(businessUnit, submissionId)).toString();
    return JSON.parse(text) as FrameSession;
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
