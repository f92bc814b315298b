import { Inject, Injectable } from '@nestjs/common';
import type { Submission } from '../../kyc-ledger';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { databaseTime, type Transaction } from '../../platform/database';
import type { ApprovedKyc } from '../kyc-record';
import { nextStep } from './share-policy';
import { PushOutcomes, type StoreAnswer } from './share-recorder.service';
import { type Placed, PushPlaces } from './share-groups.service';
import { PushRepository } from './share.repository';

/** A worker has this long beyond the call's own deadline to write the answer down. */
const LEASE_MARGIN_MS = 10_000;

/** Decides whose turn it is, and writes down how a turn went. Both in the caller's transaction, with the lane locked. */
@Injectable()
export class PushDesk {
  readonly #leaseMs: number;

  constructor(
    private readonly places: PushPlaces,
    private readonly repository: PushRepository,
    private readonly outcomes: PushOutcomes,
    @Inject(platformSettings.token) settings: PlatformSettings,
  ) {
    this.#leaseMs = settings.values.PARTNER_TIMEOUT_MS + LEASE_MARGIN_MS;
  }

  /** The data to send now; null when it is not this push's turn, or never will be. */
  async claim(tx: Transaction, submission: Submission): Promise<ApprovedKyc | null> {
    if (submission.status !== 'approved' && submission.status !== 'share_failed') return null;
    const placed = await this.places.place(tx, submission);
    if (placed === null) {
      await this.outcomes.shareFailed(tx, submission, 'person_withdrew', 0);
      return null;
    }
    const now = await databaseTime(tx);
    const step = nextStep(placed.own, placed.pushes, now);
    switch (step.do) {
      case 'send':
        return this.#take(tx, placed, now);
      case 'share':
        await this.outcomes.same(tx, placed);
        return null;
      case 'supersede':
        await this.outcomes.failed(tx, placed, 'superseded');
        return null;
      case 'wait': {
        const seconds = (step.until.getTime() - now.getTime()) / 1_000;
        await this.outcomes.again(tx, submission.businessUnit, submission.id, seconds);
        return null;
      }
      case 'nothing':
        return null;
    }
  }

  /** Writes the partner's answer down. Data that the partner took is shared, also of a person who withdrew meanwhile. */
  async settle(tx: Transaction, submission: Submission, answer: StoreAnswer): Promise<void> {
    const placed = await this.places.place(tx, submission);
    if (placed === null)
      return answer.kind === 'accepted'
        ? this.outcomes.shared(tx, submission, { partnerRequestId: answer.partnerRequestId })
        : this.outcomes.shareFailed(tx, submission, 'person_withdrew', 0);
    switch (answer.kind) {
      case 'accepted':
        return this.outcomes.accepted(tx, placed, answer.partnerRequestId);
      case 'refused':
        return this.outcomes.failed(tx, placed, 'partner_refused');
      case 'later':
        return this.outcomes.later(tx, placed, answer.retryAfterSeconds);
    }
  }

  async #take(tx: Transaction, { submission, own, kyc }: Placed, now: Date): Promise<ApprovedKyc> {
    await this.repository.save(tx, submission.businessUnit, {
      ...own,
      state: 'sending',
      tries: own.tries + 1,
      leaseUntil: new Date(now.getTime() + this.#leaseMs),
    });
    return kyc;
  }
}
