import { z } from 'zod';
import {
  addressRanges,
  defineSettings,
  integer,
  list,
  type LoadedSettings,
  partnerSecret,
  secret,
  url,
} from '../platform/config';

const HOST_PATTERN = /^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i;
const ORIGIN = /^https?:\/\/[^/?#@]+$/;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const MAX_POLLS = 50;

const ascendingSeconds = list('seconds', /^\d{1,7}$/)
  .transform((items) => items.map(Number))
  .refine(
    (seconds) =>
      seconds.length <= MAX_POLLS && seconds.every((value, index) => value > (seconds[index - 1] ?? 0)),
    'must be ascending whole seconds, such as 30,60,120,300,600',
  );

/** What both families of GTF's API need. */
export const gtfSettings = defineSettings({
  title: 'GTF OneKYC',
  shared: {
    GTF_POLL_SCHEDULE: ascendingSeconds
      .prefault('30,60,120,300,600')
      .describe(
        'Seconds after confirm (SIV: initiate) at which GTF is asked; the last step repeats until the deadline',
      ),
    GTF_POLL_DEADLINE_SECONDS: integer({ min: 1 })
      .prefault('86400')
      .describe('Seconds after which a submission without a result is `stale`'),
    GTF_LIMIT_PER_PERSON_PER_DAY: integer()
      .prefault('20')
      .describe('Sessions that one person (`sub`) may open at GTF within 24 hours; 0 = no limit'),
    GTF_UPLOAD_TIMEOUT_MS: integer({ min: 100, max: 600_000 })
      .prefault('60000')
      .describe('Milliseconds for one image on its way to the storage'),
    GTF_COE_DETAILS_TOKEN: z
      .enum(['auto', 'user', 'partner'])
      .prefault('auto')
      .describe(
        'Which token asks for COE details: GTF’s pages contradict each other; `auto` tries the user token, then the partner token',
      ),
    GTF_CALLBACK_ALLOWED_IPS: addressRanges()
      .optional()
      .describe('Addresses or CIDR ranges that callbacks may come from; unset = any'),
  },
  unit: {
    GTF_CLIENT_ID: z.string().describe('client-id issued by GTF'),
    GTF_PASS_KEY: partnerSecret().describe('pass-key issued by GTF'),
    GTF_USER_ID_TYPE: z.string().describe('x-partner-user-id-type agreed with GTF'),
  },
  unitOptional: {
    GTF_CALLBACK_HEADER: z
      .string()
      .regex(HEADER_NAME, 'must be a header name')
      .toLowerCase()
      .prefault('Authorization')
      .describe('Name of the header registered with GTF for callbacks'),
    GTF_CALLBACK_SECRET: secret()
      .optional()
      .describe('The whole value of that header; unset = callbacks are refused and results come by polling'),
    GTF_REDIRECT_ORIGINS: list('origins such as https://app.example.com', ORIGIN)
      .optional()
      .describe('Origins that SIV may redirect to, such as `https://app.example.com`'),
  },
});
export type GtfSettings = LoadedSettings<typeof gtfSettings>;

/** COE: KTP scan, liveness, face match. */
export const gtfCoeSettings = defineSettings({
  title: 'GTF OneKYC: COE',
  whenUsed: {
    GTF_COE_TOKEN_BASE_URL: url().describe('Where COE tokens are issued'),
    GTF_COE_BASE_URL: url().describe('`…/coe` and `…/coe-partner` hang under it'),
    GTF_UPLOAD_HOSTS: list('host names', HOST_PATTERN)
      .transform((hosts) => hosts.map((host) => host.toLowerCase()))
      .describe('Hosts a pre-signed URL may have, any port; `*.` in front stands for one or more labels'),
  },
  unit: {
    GTF_COE_ONBOARDING_PARTNER: z.string().describe('x-onboarding-partner issued by GTF for COE'),
  },
});
export type GtfCoeSettings = LoadedSettings<typeof gtfCoeSettings>;

/** SIV: identity verification in GTF's SDK or web page, on the esign API. */
export const gtfSivSettings = defineSettings({
  title: 'GTF OneKYC: SIV',
  whenUsed: {
    GTF_ESIGN_TOKEN_BASE_URL: url().describe('Where esign tokens are issued'),
    GTF_ESIGN_BASE_URL: url().describe('`…/esign-partner` hangs under it'),
  },
  unit: {
    GTF_SIV_ONBOARDING_PARTNER: z.string().describe('x-onboarding-partner issued by GTF for SIV'),
  },
});
export type GtfSivSettings = LoadedSettings<typeof gtfSivSettings>;
