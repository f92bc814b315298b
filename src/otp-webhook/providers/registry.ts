import { z } from 'zod';
import { defineSettings } from '../../platform/config';
import { http } from './http';
import type { Provider } from './otp-provider';
import { smtp } from './smtp';
import { twilio } from './twilio';
import { verihubs } from './verihubs';
import { whatsapp } from './whatsapp';

/** Every provider there is. Where a unit has accounts at several of one channel, the first one serves unless it chose another. */
export const PROVIDERS: readonly Provider[] = [whatsapp, twilio, http, verihubs, smtp];

export const PROVIDER_NAMES: readonly string[] = PROVIDERS.map(({ name }) => name);

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
