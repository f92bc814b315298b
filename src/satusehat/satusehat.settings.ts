import { z } from 'zod';
import { defineSettings, integer, list, type LoadedSettings, partnerSecret, url } from '../platform/config';
import { serverKey } from './envelope/server-key';

/** How the Ministry of Health's KYC service is reached. */
export const satusehatSettings = defineSettings({
  title: 'SATUSEHAT',
  shared: {
    SATUSEHAT_KEY_POOL_SIZE: integer({ max: 1_000 })
      .prefault('8')
      .describe(
        'RSA key pairs kept ready, so that no request waits for one; 0 = make each when it is needed',
      ),
    SATUSEHAT_KEY_MAX_USES: integer({ min: 1, max: 1_000 })
      .prefault('25')
      .describe(
        'Answers awaited at once with one key pair when the pool is empty; 1 = a pair of its own for each',
      ),
    SATUSEHAT_LIMIT_PER_OFFICER_PER_HOUR: integer()
      .prefault('120')
      .describe(
        'Pages and challenge codes that one officer (`sub`) may ask for within an hour; 0 = no limit',
      ),
    SATUSEHAT_LIMIT_PER_UNIT_PER_HOUR: integer()
      .prefault('0')
      .describe(
        "Pages and challenge codes that one unit's back office may ask for within an hour; it asks for all of its officers. 0 = no limit",
      ),
  },
  whenUsed: {
    SATUSEHAT_BASE_URL: url().describe(
      '`https://api-satusehat.kemkes.go.id` or `https://api-satusehat-stg.dto.kemkes.go.id`',
    ),
    SATUSEHAT_PUBLIC_KEY: serverKey.describe(
      'The key requests are sealed for: `production` or `development` (the two published ones), or SPKI PEM',
    ),
    SATUSEHAT_KYC_MODE: z
      .enum(['encrypted', 'plain'])
      .prefault('encrypted')
      .describe('Form of the request for a validation URL; staging takes `encrypted` only'),
    SATUSEHAT_CHALLENGE_MODE: z
      .enum(['plain', 'sealed'])
      .prefault('plain')
      .describe(
        'Form of the request for a challenge code; `sealed` is not verified against the live service',
      ),
  },
  unit: {
    SATUSEHAT_CLIENT_ID: z.string().describe("The facility's client id"),
    SATUSEHAT_CLIENT_SECRET: partnerSecret().describe("The facility's client secret"),
  },
  unitOptional: {
    SATUSEHAT_OFFICER_ROLE: z
      .string()
      .optional()
      .describe(
        "Role that makes a user the facility's officer: in the token's `realm_access.roles`, or in `resource_access.<client>.roles` of one of the unit's clients",
      ),
    SATUSEHAT_OFFICERS: list('subjects (`sub`) of SIMAS-ID')
      .optional()
      .describe(
        'Users (`sub`) who are officers, role or not. Neither set: the routes are for the back office alone',
      ),
  },
});

export type SatusehatSettings = LoadedSettings<typeof satusehatSettings>;

/** Everything needed to speak to the Ministry for one business unit. */
export type SatusehatAccount = NonNullable<ReturnType<SatusehatSettings['forUnit']>>;
