import type { Deadline } from '../../platform/time';

/** How a code reaches a person. */
export const CHANNELS = ['email', 'sms', 'whatsapp'] as const;
export type Channel = (typeof CHANNELS)[number];

/** A provider's id of a message, as it can be stored and searched for; nothing else is one. */
export const MESSAGE_ID = /^[!-~]{1,256}$/;

/** Who carries it. */
export type ProviderName = 'whatsapp' | 'twilio' | 'http' | 'smtp';

/**
 * What a try came to; decides what happens next (delivery/delivery-policy.ts).
 * `accepted`  – the provider took it
 * `transient` – not sent, may work in a moment
 * `throttled` – too soon after the last message to this recipient
 * `recipient` – this recipient cannot be reached on this channel
 * `setup`     – our account, template or sender is wrong: somebody must act
 * `spam`      – held back by the provider's spam guard
 * `unknown`   – it may have been sent or not
 */
export type Outcome = 'accepted' | 'transient' | 'throttled' | 'recipient' | 'setup' | 'spam' | 'unknown';

/** The code in clear, for as long as it takes to hand it over. Never logged, never stored. */
export interface OtpMessage {
  readonly deliveryId: string;
  /** `628…` digits or an e-mail address. */
  readonly to: string;
  readonly code: string;
  /** Seconds until the code is worthless. */
  readonly secondsLeft: number;
}

export interface SendResult {
  readonly outcome: Outcome;
  /** The provider's id of the message. */
  readonly messageId?: string | undefined;
  /** The provider's public error code; never its text. */
  readonly errorCode?: string | undefined;
  /** A refusal in words that are in none of our tables: it may be about this one recipient, or about everybody. */
  readonly unlisted?: boolean | undefined;
  /** The provider works, and said this of one recipient: nobody else's message is to wait for it. */
  readonly aboutRecipient?: boolean | undefined;
  /** The provider asked to wait this long. */
  readonly retryAfterSeconds?: number | undefined;
}

/** One business unit's account at one provider. */
export interface OtpProvider {
  readonly name: ProviderName;
  readonly channel: Channel;
  /** Whether receipts follow: until then a message may still fail, and the code may be needed once more. */
  readonly reportsDelivery: boolean;
  /**
   * Hands one message over. Whatever goes wrong at the provider is an outcome, not an exception.
   * Done when the deadline is, one way or another.
   */
  send(message: OtpMessage, deadline: Deadline): Promise<SendResult>;
}
