import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AllPersonalRecords, type PersonalRecords, type RecordedPerson } from '../../kyc-ledger';
import type { Transaction } from '../../platform/database';
import { CommonKycShare } from './common-kyc-share.entity';
import type { Share } from './share-policy';

/** The shares of one phone number. */
export interface ShareGroup {
  readonly businessUnit: string;
  /** Keyed. */
  readonly numberDigest: Buffer;
}

/** Rows of `common_kyc_share`: attempts and times, for people to read. What is to be done is in the jobs. */
@Injectable()
export class ShareRepository {
  async ofGroup(tx: Transaction, { businessUnit, numberDigest }: ShareGroup): Promise<Share[]> {
    return tx.manager.find(CommonKycShare, {
      where: { businessUnit, numberDigest },
      order: { version: 'ASC' },
    });
  }

  async add(
    tx: Transaction,
    { businessUnit, numberDigest }: ShareGroup,
    personId: string,
    added: Share,
  ): Promise<void> {
    await tx.manager.insert(CommonKycShare, { businessUnit, numberDigest, personId, ...added });
  }

  async save(tx: Transaction, businessUnit: string, changed: Share): Promise<void> {
    const { submissionId, state, tries, dueAt, giveUpAt, acceptedAt } = changed;
    const columns = { state, tries, dueAt, giveUpAt, acceptedAt };
    await tx.manager.update(CommonKycShare, { businessUnit, submissionId }, columns);
  }
}

/** What is kept of people whose data is shared: keyed digests that group the shares of one phone number. */
@Injectable()
export class ShareRecords implements PersonalRecords, OnModuleInit {
  /** For programs without this feature's module. */
  static readonly entities = [CommonKycShare];
  readonly name = 'common-kyc';

  constructor(private readonly all: AllPersonalRecords) {}

  onModuleInit(): void {
    this.all.add(this);
  }

  /** While people are restricted nothing is sent; the rows stay, to tell whether the partner has their data. */
  async forget(
    tx: Transaction,
    { businessUnit, id }: RecordedPerson,
    wish: 'erased' | 'restricted',
  ): Promise<readonly []> {
    if (wish === 'erased') await tx.manager.delete(CommonKycShare, { businessUnit, personId: id });
    return [];
  }

  copy(tx: Transaction, { businessUnit, id }: RecordedPerson): Promise<readonly object[]> {
    return tx.manager.find(CommonKycShare, {
      select: { submissionId: true, state: true, acceptedAt: true },
      where: { businessUnit, personId: id },
      order: { version: 'ASC' },
    });
  }
}
