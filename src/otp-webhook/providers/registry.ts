import { z } from 'zod';
import { defineSettings } from '../../platform/config';
import type { BlindIndex } from '../../platform/crypto';
import { http } from './http';
import type { Provider } from './otp-provider';
import { smtp } from './smtp';
import { twilio } from './twilio';
import { verihubs } from './verihubs';
import { whatsapp } from './whatsapp';

/** Every provider there is. Where a unit has accounts at several of one channel, the first one serves unless it chose another. */
export const PROVIDERS: readonly Provider[] = [whatsapp, twilio, http, verihubs, smtp];

export const PROVIDER_NAMES: readonly string[] = PROVIDERS.map(({ name }) => name);

/** Whose message ids name nobody. */
export const SHOWN_MESSAGE_IDS: readonly string[] = PROVIDERS.flatMap(({ name, idsHoldNumbers }) =>
  idsHoldNumbers ? [] : [name],
);

/** A message's id as it is stored and found: itself where it names nobody, else a digest, keyed with the unit. */
export function storedMessageId(
  index: BlindIndex,
  businessUnit: string,
  provider: string,
  messageId: string,
): string {
  return SHOWN_MESSAGE_IDS.includes(provider)
    ? messageId
    : index.digestText('otp message id', businessUnit, messageId);
}

const smsProviders = PROVIDERS.flatMap(({ name, channel }) => (channel === 'sms' ? [name] : []));

/** Which SMS provider a unit uses. */
export const smsSettings = defineSettings({
  title: 'SMS (one-time codes)',
  unitOptional: {
    SMS_PROVIDER: z
      .enum(smsProviders)
      .optional()
      .describe(
        `The unit's SMS provider; default: the first of ${smsProviders.join(', ')} that is configured`,
      ),
  },
});
