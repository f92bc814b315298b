import { Injectable } from '@nestjs/common';
import { Deadline } from '../../platform/time';
import type { SendResult } from '../channels/otp-provider';
import { DeliveryJournal } from './delivery-journal';
import { DeliveryProgress } from './delivery-progress.service';
import { type DeliverySecret, DeliverySecrets } from './delivery-secret';
import type { Claim } from './delivery.repository';
import type { Lane } from './lane';
import { Lanes } from './lanes';
import { HELD_UP_MS, LEAST_SECONDS_LEFT } from './timing';

/** Sends what was claimed, and records what came of it. */
@Injectable()
export class SendOtp {
  constructor(
    private readonly lanes: Lanes,
    private readonly secrets: DeliverySecrets,
    private readonly progress: DeliveryProgress,
    private readonly journal: DeliveryJournal,
  ) {}

  /** Never rejects: what cannot be recorded is taken over once the lease has run out. */
  async send(lane: Lane, claim: Claim, claimedAt: number): Promise<void> {
    try {
      const deadline = Deadline.after(claim.secondsLeft * 1000 - (performance.now() - claimedAt));
      const result = await this.#handOver(lane, claim, claimedAt, deadline);
      const ended = { ...claim, secondsLeft: deadline.remaining() / 1000 };
      await this.progress.answered(ended, result, lane.provider.reportsDelivery);
    } catch (error) {
      this.journal.bug('the outcome of an otp attempt could not be recorded', claim, error);
    }
  }

  async #handOver(lane: Lane, claim: Claim, claimedAt: number, deadline: Deadline): Promise<SendResult> {
    const secret = this.#open(claim);
    if (secret === null) {
      lane.breaker.abandon();
      return { outcome: 'setup', errorCode: 'unreadable' };
    }
    const heldUp = performance.now() - claimedAt > HELD_UP_MS;
    if (heldUp || deadline.remaining() < LEAST_SECONDS_LEFT * 1000) {
      lane.breaker.abandon();
      return { outcome: 'transient', errorCode: 'not_sent' };
    }
    const started = performance.now();
    const result = await this.#ask(lane, claim, secret, deadline);
    const timed = { ...result, durationMs: Math.round(performance.now() - started) };
    this.journal.tried(lane, claim, timed);
    if (lane.breaker.record(timed.outcome)) this.journal.opened(lane, timed);
    return timed;
  }

  async #ask(lane: Lane, claim: Claim, secret: DeliverySecret, deadline: Deadline): Promise<SendResult> {
    const message = { ...secret, deliveryId: claim.id, secondsLeft: deadline.remaining() / 1000 };
    const within = Deadline.after(Math.min(this.lanes.sendWithinMs, deadline.remaining()));
    try {
      return await lane.provider.send(message, within);
    } catch (error) {
      this.journal.bug('an otp provider failed unexpectedly', claim, error);
      return { outcome: 'unknown', errorCode: 'internal' };
    }
  }

  #open(claim: Claim): DeliverySecret | null {
    try {
      return this.secrets.open(claim.businessUnit, claim.id, claim);
    } catch (error) {
      this.journal.bug('an otp delivery cannot be decrypted: is its key still configured?', claim, error);
      return null;
    }
  }
}
