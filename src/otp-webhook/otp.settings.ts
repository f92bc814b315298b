import { z } from 'zod';
import { defineSettings, integer, type LoadedSettings } from '../platform/config';

const MAX_SUFFIX_LENGTH = 100;

const suffix = z
  .string()
  .regex(/^\P{Cc}+$/u, `must be one line of at most ${MAX_SUFFIX_LENGTH} characters`)
  .max(MAX_SUFFIX_LENGTH, `must be one line of at most ${MAX_SUFFIX_LENGTH} characters`)
  .refine(
    (raw) => !/[{}]/.test(raw.replaceAll('{{code}}', '')),
    'may hold {{code}} and nothing else in braces',
  );

const MANY = 1_000;

/** What holds for one-time codes on every channel. */
export const otpSettings = defineSettings({
  title: 'One-time codes',
  shared: {
    OTP_TTL_SECONDS: integer({ min: 30, max: 600 })
      .prefault('180')
      .describe('How long a code is worth delivering; after that nothing is sent'),
    OTP_DEDUPE_SECONDS: integer({ max: 600 })
      .prefault('30')
      .describe('The same code for the same identifier and channel within this time is one delivery'),
    OTP_LIMIT_PER_10_MINUTES: integer({ max: MANY })
      .prefault('5')
      .describe('Codes for one identifier of one unit within 10 minutes; `0` = no limit'),
    OTP_LIMIT_PER_DAY: integer({ max: MANY })
      .prefault('10')
      .describe('Codes for one identifier of one unit within 24 hours; `0` = no limit'),
    OTP_LIMIT_PER_PREFIX_10_MINUTES: integer({ max: MANY })
      .prefault('0')
      .describe('Codes for phone numbers with the same first 8 digits within 10 minutes; `0` = no limit'),
    OTP_FALLBACK: z
      .enum(['none', 'hard-fail-only'])
      .prefault('hard-fail-only')
      .describe('`hard-fail-only`: what WhatsApp refuses for good goes by SMS, where the unit has it'),
  },
  unitOptional: {
    OTP_LIMIT_PER_HOUR: integer({ max: 1_000_000 })
      .optional()
      .describe(
        'Codes for SMS and WhatsApp that the unit accepts within an hour, which limits its bill; `0` = no limit. ' +
          'Unset is no limit either, and in production a warning',
      ),
    OTP_LANGUAGE: z.enum(['id', 'en']).prefault('id').describe('Language of SMS and e-mails'),
    SMS_SUFFIX: suffix
      .optional()
      .describe(
        "Last line of each SMS, `{{code}}` allowed: an app's hash, or `@domain #{{code}}`; above 160 characters in all an SMS costs twice",
      ),
  },
});

export type OtpSettings = LoadedSettings<typeof otpSettings>;
