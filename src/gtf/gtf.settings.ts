import { isIP } from 'node:net';
import {
  custom,
  defineSettings,
  integer,
  Invalid,
  list,
  type LoadedSettings,
  oneOf,
  partnerSecret,
  secret,
  text,
  url,
} from '../platform/config';

const HOST_PATTERN = /^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i;
const ORIGIN = /^https?:\/\/[^/?#@]+$/;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const MAX_POLLS = 50;

/** What both families of GTF's API need. */
export const gtfSettings = defineSettings({
  title: 'GTF OneKYC',
  required: {
    GTF_POLL_SCHEDULE: custom(
      {
        about:
          'Seconds after confirm (SIV: initiate) at which GTF is asked; the last step repeats until the deadline',
        default: '30,60,120,300,600',
      },
      ascendingSeconds,
    ),
    GTF_POLL_DEADLINE_SECONDS: integer({
      about: 'Seconds after which a submission without a result is `stale`',
      default: '86400',
      min: 1,
    }),
    GTF_LIMIT_PER_PERSON_PER_DAY: integer({
      about: 'Sessions that one person (`sub`) may open at GTF within 24 hours; 0 = no limit',
      default: '20',
    }),
    GTF_UPLOAD_TIMEOUT_MS: integer({
      about: 'Milliseconds for one image on its way to the storage',
      default: '60000',
      min: 100,
      max: 600_000,
    }),
    GTF_COE_DETAILS_TOKEN: oneOf(['auto', 'user', 'partner'], {
      about:
        'Which token asks for COE details: GTF’s pages contradict each other; `auto` tries the user token, then the partner token',
      default: 'auto',
    }),
  },
  optional: {
    GTF_CALLBACK_ALLOWED_IPS: custom(
      { about: 'Addresses or CIDR ranges that callbacks may come from; unset = any' },
      addressRanges,
    ),
  },
  unit: {
    GTF_CLIENT_ID: text({ about: 'client-id issued by GTF' }),
    GTF_PASS_KEY: partnerSecret({ about: 'pass-key issued by GTF' }),
    GTF_USER_ID_TYPE: text({ about: 'x-partner-user-id-type agreed with GTF' }),
  },
  unitOptional: {
    GTF_CALLBACK_HEADER: custom(
      { about: 'Name of the header registered with GTF for callbacks', default: 'Authorization' },
      headerName,
    ),
    GTF_CALLBACK_SECRET: secret({
      about: 'The whole value of that header; unset = callbacks are refused and results come by polling',
    }),
    GTF_REDIRECT_ORIGINS: list({
      about: 'Origins that SIV may redirect to, such as `https://app.example.com`',
      each: ORIGIN,
      wanted: 'origins such as https://app.example.com',
    }),
  },
});
export type GtfSettings = LoadedSettings<typeof gtfSettings>;

/** COE: KTP scan, liveness, face match. */
export const gtfCoeSettings = defineSettings({
  title: 'GTF OneKYC: COE',
  whenUsed: {
    GTF_COE_TOKEN_BASE_URL: url({ about: 'Where COE tokens are issued' }),
    GTF_COE_BASE_URL: url({ about: '`…/coe` and `…/coe-partner` hang under it' }),
    GTF_UPLOAD_HOSTS: list({
      about: 'Hosts a pre-signed URL may have, any port; `*.` in front stands for one or more labels',
      each: HOST_PATTERN,
      wanted: 'host names',
    }),
  },
  unit: {
    GTF_COE_ONBOARDING_PARTNER: text({ about: 'x-onboarding-partner issued by GTF for COE' }),
  },
});
export type GtfCoeSettings = LoadedSettings<typeof gtfCoeSettings>;

/** SIV: identity verification in GTF's SDK or web page, on the esign API. */
export const gtfSivSettings = defineSettings({
  title: 'GTF OneKYC: SIV',
  whenUsed: {
    GTF_ESIGN_TOKEN_BASE_URL: url({ about: 'Where esign tokens are issued' }),
    GTF_ESIGN_BASE_URL: url({ about: '`…/esign-partner` hangs under it' }),
  },
  unit: {
    GTF_SIV_ONBOARDING_PARTNER: text({ about: 'x-onboarding-partner issued by GTF for SIV' }),
  },
});
export type GtfSivSettings = LoadedSettings<typeof gtfSivSettings>;

function ascendingSeconds(raw: string): readonly number[] {
  const seconds = raw.split(',').map((item) => (/^\s*\d{1,7}\s*$/.test(item) ? Number(item) : Number.NaN));
  const ascending = seconds.every((value, index) => value > (seconds[index - 1] ?? 0));
  if (!ascending || seconds.length > MAX_POLLS)
    throw new Invalid('must be ascending whole seconds, such as 30,60,120,300,600');
  return seconds;
}

function addressRanges(raw: string): readonly string[] {
  const ranges = raw.split(',').map((item) => item.trim());
  if (!ranges.every(isAddressRange))
    throw new Invalid('must be a comma-separated list of addresses or CIDR ranges');
  return ranges;
}

function isAddressRange(range: string): boolean {
  const [address = '', prefix, ...rest] = range.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

function headerName(raw: string): string {
  if (!HEADER_NAME.test(raw)) throw new Invalid('must be a header name');
  return raw.toLowerCase();
}
