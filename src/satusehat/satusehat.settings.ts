import {
  custom,
  defineSettings,
  integer,
  list,
  type LoadedSettings,
  oneOf,
  partnerSecret,
  text,
  url,
} from '../platform/config';
import { serverKey } from './envelope/server-key';

/** How the Ministry of Health's KYC service is reached. */
export const satusehatSettings = defineSettings({
  title: 'SATUSEHAT',
  required: {
    SATUSEHAT_KEY_POOL_SIZE: integer({
      about: 'RSA key pairs kept ready, so that no request waits for one; 0 = make each when it is needed',
      default: '8',
      max: 1_000,
    }),
    SATUSEHAT_KEY_MAX_AGE_SECONDS: integer({
      about: 'Seconds after which an unused key pair is replaced',
      default: '3600',
      min: 10,
      max: 86_400,
    }),
    SATUSEHAT_KEY_MAX_USES: integer({
      about:
        'Answers awaited at once with one key pair when the pool is empty; 1 = a pair of its own for each',
      default: '25',
      min: 1,
      max: 1_000,
    }),
    SATUSEHAT_LIMIT_PER_OFFICER_PER_HOUR: integer({
      about: 'Pages and challenge codes that one officer (`sub`) may ask for within an hour; 0 = no limit',
      default: '120',
    }),
    SATUSEHAT_LIMIT_PER_UNIT_PER_HOUR: integer({
      about:
        "Pages and challenge codes that one unit's back office may ask for within an hour; it asks for all of its officers. 0 = no limit",
      default: '0',
    }),
  },
  whenUsed: {
    SATUSEHAT_BASE_URL: url({
      about: '`https://api-satusehat.kemkes.go.id` or `https://api-satusehat-stg.dto.kemkes.go.id`',
    }),
    SATUSEHAT_PUBLIC_KEY: custom(
      {
        about:
          'The key requests are sealed for: `production` or `development` (the two published ones), or SPKI PEM',
      },
      serverKey,
    ),
    SATUSEHAT_KYC_MODE: oneOf(['encrypted', 'plain'], {
      about: 'Form of the request for a validation URL; staging takes `encrypted` only',
      default: 'encrypted',
    }),
    SATUSEHAT_CHALLENGE_MODE: oneOf(['plain', 'sealed'], {
      about: 'Form of the request for a challenge code; `sealed` is not verified against the live service',
      default: 'plain',
    }),
  },
  unit: {
    SATUSEHAT_CLIENT_ID: text({ about: "The facility's client id" }),
    SATUSEHAT_CLIENT_SECRET: partnerSecret({ about: "The facility's client secret" }),
  },
  unitOptional: {
    SATUSEHAT_OFFICER_ROLE: text({
      about:
        "Role that makes a user the facility's officer: in the token's `realm_access.roles`, or in `resource_access.<client>.roles` of one of the unit's clients",
    }),
    SATUSEHAT_OFFICERS: list({
      about:
        'Users (`sub`) who are officers, role or not. Neither set: the routes are for the back office alone',
      wanted: 'subjects (`sub`) of SIMAS-ID',
    }),
  },
});

export type SatusehatSettings = LoadedSettings<typeof satusehatSettings>;

/** Everything needed to speak to the Ministry for one business unit. */
export type SatusehatAccount = NonNullable<ReturnType<SatusehatSettings['forUnit']>>;
