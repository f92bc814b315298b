import { Injectable } from '@nestjs/common';
import { BlindIndex } from '../../platform/crypto';
import { Deadline } from '../../platform/time';
import { Trace } from '../../platform/tracing';
import { OtpJournal } from '../otp-journal';
import type { SendResult } from '../providers/otp-provider';
import { storedMessageId } from '../providers/registry';
import { type ChannelAccount, ChannelAccounts } from './channel-accounts';
import { MIN_SECONDS_LEFT } from './delivery-policy';
import { type DeliverySecret, DeliverySecrets } from './delivery-secret';
import type { AttemptResult, Claim } from './delivery.repository';
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
    private readonly journal: OtpJournal,
    private readonly index: BlindIndex,
  ) {}

  /** Never rejects: what cannot be recorded is taken over once the lease has run out. */
  async send(account: ChannelAccount, claim: Claim, claimedAt: number): Promise<void> {
    const secret = this.#open(claim);
    const { businessUnit, id: deliveryId } = claim;
    await Trace.from(secret?.traceparent, { businessUnit, deliveryId }).run(async () => {
      try {
        const worthless = Deadline.after(claim.secondsLeft * 1000 - (performance.now() - claimedAt));
        const result = await this.#handOver(account, claim, claimedAt, worthless, secret);
        const ended = { ...claim, secondsLeft: worthless.remaining() / 1000 };
        await this.results.answered(ended, result, account.provider.receipts !== undefined);
      } catch (error) {
        this.journal.bug('the outcome of an otp attempt could not be recorded', claim, error);
      }
    });
  }

  async #handOver(
    account: ChannelAccount,
    claim: Claim,
    claimedAt: number,
    worthless: Deadline,
    secret: DeliverySecret | null,
  ): Promise<AttemptResult> {
    if (secret === null) return { outcome: 'setup', errorCode: 'unreadable' };
    const { sendWithinMs, leaseMs } = this.accounts;
    // The lease may have run for long when the claim was answered.
    const leasedMs = leaseMs - RECORDING_MS - (performance.now() - claimedAt);
    if (leasedMs < Math.min(sendWithinMs, MIN_ANSWER_MS) || worthless.remaining() < MIN_SECONDS_LEFT * 1000)
      return { outcome: 'transient', errorCode: 'not_sent' };
    const { to, code } = secret;
    const message = { to, code, deliveryId: claim.id, secondsLeft: worthless.remaining() / 1000 };
    const started = performance.now();
    const withinMs = Math.min(sendWithinMs, leasedMs, worthless.remaining());
    const result = await account.client
      .send(message, Deadline.after(withinMs))
      .catch((error: unknown): SendResult => {
        this.journal.bug('an otp provider failed unexpectedly', claim, error);
        return { outcome: 'unknown', errorCode: 'internal' };
      });
    const durationMs = Math.round(performance.now() - started);
    this.journal.tried(account, claim, result, durationMs);
    // What the answer says about the channel as a whole.
    if (account.breaker.record(result, to)) this.journal.opened(account, result);
    else if (result.unlisted) this.journal.refused(account, result);
    const { messageId: id } = result;
    const messageId = id && storedMessageId(this.index, claim.businessUnit, account.provider.name, id);
    return { ...result, messageId, durationMs };
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
