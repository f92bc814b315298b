import { Inject, Injectable } from '@nestjs/common';
import type { Submission } from '../../kyc-ledger';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { databaseTime, type Transaction } from '../../platform/database';
import type { ApprovedKyc } from '../kyc-record';
import { nextStep } from './share-policy';
import { ShareRecorder, type StoreReply } from './share-recorder.service';
import { type GroupedShare, ShareGroups } from './share-groups.service';
import { ShareRepository } from './share.repository';

/** A worker has this long beyond the call's own deadline to record the reply. */
const LEASE_MARGIN_MS = 10_000;

/** Claims a share to send, and records the partner's reply. Both in the caller's transaction, with the group locked. */
@Injectable()
export class ShareService {
  readonly #leaseMs: number;

  constructor(
    private readonly groups: ShareGroups,
    private readonly repository: ShareRepository,
    private readonly recorder: ShareRecorder,
    @Inject(platformSettings.token) settings: PlatformSettings,
  ) {
    this.#leaseMs = settings.values.PARTNER_TIMEOUT_MS + LEASE_MARGIN_MS;
  }

  /** The data to send now; null when another share goes first, or nothing is to be sent. */
  async claim(tx: Transaction, submission: Submission): Promise<ApprovedKyc | null> {
    if (submission.status !== 'approved' && submission.status !== 'share_failed') return null;
    const grouped = await this.groups.lock(tx, submission);
    if (grouped === null) {
      await this.recorder.shareFailed(tx, submission, 'person_withdrew', 0);
      return null;
    }
    const now = await databaseTime(tx);
    const step = nextStep(grouped.own, grouped.shares, now);
    switch (step.do) {
      case 'send':
        return this.#take(tx, grouped, now);
      case 'skip':
        await this.recorder.same(tx, grouped);
        return null;
      case 'supersede':
        await this.recorder.failed(tx, grouped, 'superseded');
        return null;
      case 'wait': {
        const seconds = (step.until.getTime() - now.getTime()) / 1_000;
        await this.recorder.again(tx, submission.businessUnit, submission.id, seconds);
        return null;
      }
      case 'nothing':
        return null;
    }
  }

  /** Records the partner's reply. Data that the partner took is shared, also of a person who withdrew meanwhile. */
  async record(tx: Transaction, submission: Submission, reply: StoreReply): Promise<void> {
    const grouped = await this.groups.lock(tx, submission);
    if (grouped === null)
      return reply.kind === 'accepted'
        ? this.recorder.shared(tx, submission, { partnerRequestId: reply.partnerRequestId })
        : this.recorder.shareFailed(tx, submission, 'person_withdrew', 0);
    switch (reply.kind) {
      case 'accepted':
        return this.recorder.accepted(tx, grouped, reply.partnerRequestId);
      case 'refused':
        return this.recorder.failed(tx, grouped, 'partner_refused');
      case 'later':
        return this.recorder.later(tx, grouped, reply.retryAfterSeconds);
    }
  }

  async #take(tx: Transaction, { submission, own, kyc }: GroupedShare, now: Date): Promise<ApprovedKyc> {
    await this.repository.save(tx, submission.businessUnit, {
      ...own,
      state: 'sending',
      tries: own.tries + 1,
      leaseUntil: new Date(now.getTime() + this.#leaseMs),
    });
    return kyc;
  }
}
