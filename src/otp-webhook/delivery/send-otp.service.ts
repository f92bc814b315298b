import { Injectable } from '@nestjs/common';
import { Deadline } from '../../platform/time';
import { Trace } from '../../platform/tracing';
import type { OtpMessage, SendResult } from '../providers/otp-provider';
import { type ChannelAccount, ChannelAccounts } from './channel-accounts';
import { DeliveryJournal } from './delivery-journal';
import { MIN_SECONDS_LEFT } from './delivery-policy';
import { type DeliverySecret, DeliverySecrets } from './delivery-secret';
import type { Claim } from './delivery.repository';
import { ResultRecorder } from './result-recorder.service';

/** Of the lease, what is kept for recording the outcome. */
const RECORDING_MS = 500;

/** With less time than this for the provider's answer, a message is better sent by a later claim. */
const MIN_ANSWER_MS = 1_000;

/** Sends what was claimed, and records what came of it. */
@Injectable()
export class SendOtp {
  constructor(
    private readonly accounts: ChannelAccounts,
    private readonly secrets: DeliverySecrets,
    private readonly results: ResultRecorder,
    private readonly journal: DeliveryJournal,
  ) {}

  /** Never rejects: what cannot be recorded is taken over once the lease has run out. */
  async send(account: ChannelAccount, claim: Claim, claimedAt: number): Promise<void> {
    const secret = this.#open(claim);
    const { businessUnit, id: deliveryId } = claim;
    const trace = Trace.from(secret?.traceparent, { businessUnit, deliveryId });
    await trace.run(() => this.#send(account, claim, claimedAt, secret));
  }

  async #send(
    account: ChannelAccount,
    claim: Claim,
    claimedAt: number,
    secret: DeliverySecret | null,
  ): Promise<void> {
    try {
      const deadline = Deadline.after(claim.secondsLeft * 1000 - (performance.now() - claimedAt));
      const result = await this.#handOver(account, claim, claimedAt, deadline, secret);
      const ended = { ...claim, secondsLeft: deadline.remaining() / 1000 };
      await this.results.answered(ended, result, account.provider.receipts !== undefined);
    } catch (error) {
      this.journal.bug('the outcome of an otp attempt could not be recorded', claim, error);
    }
  }

  async #handOver(
    account: ChannelAccount,
    claim: Claim,
    claimedAt: number,
    deadline: Deadline,
    secret: DeliverySecret | null,
  ): Promise<SendResult> {
    if (secret === null) return { outcome: 'setup', errorCode: 'unreadable' };
    const withinMs = this.#timeForAnswer(claimedAt);
    if (withinMs === null || deadline.remaining() < MIN_SECONDS_LEFT * 1000)
      return { outcome: 'transient', errorCode: 'not_sent' };
    const { to, code } = secret;
    const message = { to, code, deliveryId: claim.id, secondsLeft: deadline.remaining() / 1000 };
    const started = performance.now();
    const result = await this.#ask(account, claim, message, withinMs);
    const timed = { ...result, durationMs: Math.round(performance.now() - started) };
    this.journal.tried(account, claim, timed);
    this.#updateBreaker(account, timed, secret.to);
    return timed;
  }

  /** What the answer says about the channel as a whole. */
  #updateBreaker(account: ChannelAccount, result: SendResult, to: string): void {
    const { breaker } = account;
    const outcome = result.aboutRecipient === true ? 'recipient' : result.outcome;
    const opened = result.unlisted === true ? breaker.recordUnlisted(to) : breaker.record(outcome);
    if (opened) this.journal.opened(account, result);
    else if (result.unlisted === true)
      this.journal.refused({ ...account.name, outcome: result.outcome, errorCode: result.errorCode });
  }

  /** Never longer than the lease holds, even when the claim itself took long; null when that is too little. */
  #timeForAnswer(claimedAt: number): number | null {
    const { sendWithinMs, leaseMs } = this.accounts;
    const leased = leaseMs - RECORDING_MS - (performance.now() - claimedAt);
    return leased < Math.min(sendWithinMs, MIN_ANSWER_MS) ? null : Math.min(sendWithinMs, leased);
  }

  async #ask(
    account: ChannelAccount,
    claim: Claim,
    message: OtpMessage,
    withinMs: number,
  ): Promise<SendResult> {
    try {
      return await account.client.send(
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
      this.journal.unreadable(claim, error);
      return null;
    }
  }
}
