import { z } from 'zod';
import { defineSettings, integer, type LoadedSettings, partnerSecret, url } from '../platform/config';

const dateFormat = z.string().refine((raw) => {
  const separators = raw.replace('YYYY', '').replace('MM', '').replace('DD', '');
  return raw.length - separators.length === 8 && /^[-/. ]*$/.test(separators);
}, 'must hold YYYY, MM and DD once each, such as DD-MM-YYYY');

/** How the shared store of approved KYC data is reached (partner page "Common KYC"). */
export const commonKycSettings = defineSettings({
  title: 'Common KYC',
  shared: {
    COMMON_KYC_DATE_FORMAT: dateFormat
      .prefault('YYYY-MM-DD')
      .describe('How dates of birth are written there: `YYYY`, `MM`, `DD` once each, and separators'),
    COMMON_KYC_LOOKUPS_PER_HOUR: integer()
      .prefault('1000')
      .describe("Records that one unit's back office may look up in an hour; 0 is no limit"),
  },
  whenUsed: {
    COMMON_KYC_BASE_URL: url().describe(
      '`https://sqekyc.stg.squantumengine.com` or `https://sqekyc.squantumengine.com`',
    ),
  },
  unit: {
    COMMON_KYC_CLIENT_ID: z.string().describe("The unit's ClientID; sent as `client_id` too"),
    COMMON_KYC_CLIENT_SECRET: partnerSecret().describe("The unit's ClientSecret"),
  },
});

export type CommonKycSettings = LoadedSettings<typeof commonKycSettings>;
/** What one unit calls Common KYC with. */
export type CommonKycAccess = NonNullable<ReturnType<CommonKycSettings['forUnit']>>;
