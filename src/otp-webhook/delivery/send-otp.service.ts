import { Injectable } from '@nestjs/common';
import { Deadline } from '../../platform/time';
import type { OtpMessage, SendResult } from '../channels/otp-provider';
import type { Claim } from './claims';
import { DeliveryJournal } from './delivery-journal';
import { DeliveryProgress } from './delivery-progress.service';
import { type DeliverySecret, DeliverySecrets } from './delivery-secret';
import type { Lane } from './lane';
import { Lanes } from './lanes';
import { LEAST_ANSWER_MS, LEAST_SECONDS_LEFT, RECORDING_MS } from './timing';

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
    const withinMs = this.#timeForAnswer(claimedAt);
    if (withinMs === null || deadline.remaining() < LEAST_SECONDS_LEFT * 1000) {
      lane.breaker.abandon();
      return { outcome: 'transient', errorCode: 'not_sent' };
    }
    const message = { ...secret, deliveryId: claim.id, secondsLeft: deadline.remaining() / 1000 };
    const started = performance.now();
    const result = await this.#ask(lane, claim, message, withinMs);
    const timed = { ...result, durationMs: Math.round(performance.now() - started) };
    this.journal.tried(lane, claim, timed);
    this.#judge(lane, timed, secret.to);
    return timed;
  }

  /** What the answer says about the channel as a whole. */
  #judge(lane: Lane, result: SendResult, to: string): void {
    const { breaker } = lane;
    const outcome = result.aboutRecipient === true ? 'recipient' : result.outcome;
    const opened = result.unlisted === true ? breaker.recordUnlisted(to) : breaker.record(outcome);
    if (opened) this.journal.opened(lane, result);
    else if (result.unlisted === true)
      this.journal.refused({ ...lane.name, outcome: result.outcome, errorCode: result.errorCode });
  }

  /** Never longer than the lease holds, even when the claim itself took long; null when that is too little. */
  #timeForAnswer(claimedAt: number): number | null {
    const { sendWithinMs, leaseMs } = this.lanes;
    const leased = leaseMs - RECORDING_MS - (performance.now() - claimedAt);
    return leased < Math.min(sendWithinMs, LEAST_ANSWER_MS) ? null : Math.min(sendWithinMs, leased);
  }

  async #ask(lane: Lane, claim: Claim, message: OtpMessage, withinMs: number): Promise<SendResult> {
    try {
      return await lane.provider.send(
        message,
        Deadline.after(Math.min(withinMs, message.secondsLeft * 1000)),
      );
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
