import { custom, defineSettings, integer, Invalid, type LoadedSettings, oneOf } from '../platform/config';

const MANY = 1_000;

/** What holds for one-time codes on every channel. */
export const otpSettings = defineSettings({
  title: 'One-time codes',
  required: {
    OTP_TTL_SECONDS: integer({
      about: 'How long a code is worth delivering; after that nothing is sent',
      default: '180',
      min: 30,
      max: 600,
    }),
    OTP_DEDUPE_SECONDS: integer({
      about: 'The same code for the same identifier and channel within this time is one delivery',
      default: '30',
      max: 600,
    }),
    OTP_LIMIT_PER_10_MINUTES: integer({
      about: 'Codes for one identifier of one unit within 10 minutes; `0` = no limit',
      default: '5',
      max: MANY,
    }),
    OTP_LIMIT_PER_DAY: integer({
      about: 'Codes for one identifier of one unit within 24 hours; `0` = no limit',
      default: '10',
      max: MANY,
    }),
    OTP_LIMIT_PER_PREFIX_10_MINUTES: integer({
      about: 'Codes for phone numbers with the same first 8 digits within 10 minutes; `0` = no limit',
      default: '0',
      max: MANY,
    }),
    OTP_FALLBACK: oneOf(['none', 'hard-fail-only'], {
      about: '`hard-fail-only`: what WhatsApp refuses for good goes by SMS, where the unit has it',
      default: 'hard-fail-only',
    }),
  },
  unitOptional: {
    OTP_LIMIT_PER_HOUR: integer({
      about:
        'Codes for SMS and WhatsApp that the unit accepts within an hour, which limits its bill; `0` = no limit. ' +
        'Unset is no limit either, and in production a warning',
      max: 1_000_000,
    }),
    OTP_LANGUAGE: oneOf(['id', 'en'], { about: 'Language of SMS and e-mails', default: 'id' }),
    SMS_SUFFIX: custom(
      {
        about:
          "Last line of each SMS, `{{code}}` allowed: an app's hash, or `@domain #{{code}}`; above 160 characters in all an SMS costs twice",
      },
      suffix,
    ),
  },
});

export type OtpSettings = LoadedSettings<typeof otpSettings>;

const MAX_SUFFIX_LENGTH = 100;

function suffix(raw: string): string {
  if (!/^\P{Cc}+$/u.test(raw) || raw.length > MAX_SUFFIX_LENGTH)
    throw new Invalid(`must be one line of at most ${MAX_SUFFIX_LENGTH} characters`);
  if (/[{}]/.test(raw.replaceAll('{{code}}', '')))
    throw new Invalid('may hold {{code}} and nothing else in braces');
  return raw;
}
