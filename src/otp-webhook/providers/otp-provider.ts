import type { Type } from '@nestjs/common';
import type { BusinessUnit } from '../../business-units';
import type { HandOver } from '../../platform/checkup';
import type { LoadedSettings, SettingsDeclaration, SettingsRegistry } from '../../platform/config';
import type { CallCause, PartnerHttpClient } from '../../platform/outbound';
import type { Deadline } from '../../platform/time';
import type { MessageTexts } from './message-text';

/** How a code reaches a person. */
export const CHANNELS = ['email', 'sms', 'whatsapp'] as const;
export type Channel = (typeof CHANNELS)[number];

/** A provider's id of a message, as it can be stored and searched for; nothing else is one. */
export const MESSAGE_ID = /^[!-~]{1,256}$/;

/**
 * What a try came to; decides what happens next (delivery/delivery-policy.ts).
 * `accepted`  – the provider took it
 * `transient` – not sent, may work in a moment
 * `throttled` – too soon after the last message to this recipient
 * `recipient` – this recipient cannot be reached on this channel
 * `setup`     – our account, template or sender is wrong: an operator must act
 * `spam`      – held back by the provider's spam guard
 * `unknown`   – it may have been sent or not
 */
export const OUTCOMES = [
  'accepted',
  'transient',
  'throttled',
  'recipient',
  'setup',
  'spam',
  'unknown',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

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
  /** A refusal in words that are in none of our tables: it may be about this one recipient, or about all. */
  readonly unlisted?: boolean | undefined;
  /** The provider works, and said this of one recipient: messages to others do not wait. */
  readonly aboutRecipient?: boolean | undefined;
  /** The provider asked to wait this long. */
  readonly retryAfterSeconds?: number | undefined;
  /** Why there was no answer, or none that is clear; for the log alone. */
  readonly why?: CallCause | undefined;
}

/** What a refusal means. */
export type Refusal = Pick<SendResult, 'outcome' | 'unlisted' | 'aboutRecipient'>;

/** One business unit's account at one provider. */
export interface OtpClient {
  /**
   * Hands one message over. Whatever goes wrong at the provider is an outcome, not an exception.
   * Done when the deadline is, one way or another.
   */
  send(message: OtpMessage, deadline: Deadline): Promise<SendResult>;
  /**
   * Tries the account for `npm run doctor`, as far as that goes without sending anything.
   * @returns what was found, in a few words
   * @throws Untried, or what is wrong
   */
  probe(deadline: Deadline): Promise<string>;
  /** What the provider must be told before it can report receipts. */
  readonly handOver?: Pick<HandOver, 'partner' | 'facts'> | undefined;
}

/** What a client is made of. */
export interface ClientContext {
  readonly unit: BusinessUnit;
  readonly texts: MessageTexts;
  /** Longest time for one message. */
  readonly timeoutMs: number;
  /** The gateway's own address, without a trailing slash. */
  readonly publicUrl: string;
  /** An HTTP client for this unit alone, with a breaker and a concurrency cap: one unit's trouble is not another's. */
  readonly httpClient: (partner: string, baseUrl: string) => PartnerHttpClient;
}

/** One provider: what its folder gives to the registry. */
export interface Provider {
  /** In `BU_<BU>_SMS_PROVIDER`, in records and in metrics. */
  readonly name: string;
  readonly channel: Channel;
  /** A unit that sets the `unit` variables has an account. */
  readonly settings: SettingsDeclaration;
  /**
   * Where the provider reports what became of messages; the routes prove by themselves who calls. Until a receipt comes a message may
   * still fail, and its code may be needed once more.
   */
  readonly receipts?: { readonly controllers: readonly Type[]; readonly injectables: readonly Type[] };
  /** Its message ids hold the recipient's number: a keyed digest of them is stored, and none is shown. */
  readonly idsHoldNumbers?: true;
  /** The provider's public codes and what they mean, as docs/guides/a-code-did-not-arrive.md lists them. */
  readonly codes?: { readonly heading: string; readonly outcomes: Readonly<Record<string, Outcome>> };
  /** Null where the unit has no account. */
  open(settings: SettingsRegistry, context: ClientContext): OtpClient | null;
}

/** Makes a provider whose client is opened where the unit has an account. */
export function defineProvider<D extends SettingsDeclaration>(
  definition: Omit<Provider, 'open' | 'settings'> & {
    readonly settings: D;
    /** @param settings the unit's account, and what holds for all accounts */
    readonly client: (
      settings: {
        readonly account: NonNullable<ReturnType<LoadedSettings<D>['forUnit']>>;
        readonly values: LoadedSettings<D>['values'];
      },
      context: ClientContext,
    ) => OtpClient;
  },
): Provider {
  const { client, ...provider } = definition;
  return {
    ...provider,
    open(settings, context) {
      const { values, forUnit } = settings.of(provider.settings);
      const account = forUnit(context.unit.id);
      return account === null ? null : client({ account, values }, context);
    },
  };
}
