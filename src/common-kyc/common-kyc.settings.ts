import {
  custom,
  defineSettings,
  integer,
  Invalid,
  type LoadedSettings,
  partnerSecret,
  text,
  url,
} from '../platform/config';

/** How the shared store of approved KYC data is reached (partner page "Common KYC"). */
export const commonKycSettings = defineSettings({
  title: 'Common KYC',
  required: {
    COMMON_KYC_DATE_FORMAT: custom(
      {
        about: 'How dates of birth are written there: `YYYY`, `MM`, `DD` once each, and separators',
        default: 'YYYY-MM-DD',
      },
      dateFormat,
    ),
    COMMON_KYC_LOOKUPS_PER_HOUR: integer({
      about: "Records that one unit's back office may look up in an hour; 0 is no limit",
      default: '1000',
      min: 0,
    }),
  },
  whenUsed: {
    COMMON_KYC_BASE_URL: url({
      about: '`https://sqekyc.stg.squantumengine.com` or `https://sqekyc.squantumengine.com`',
    }),
  },
  unit: {
    COMMON_KYC_CLIENT_ID: text({ about: "The unit's ClientID; sent as `client_id` too" }),
    COMMON_KYC_CLIENT_SECRET: partnerSecret({ about: "The unit's ClientSecret" }),
  },
});

export type CommonKycSettings = LoadedSettings<typeof commonKycSettings>;
/** What one unit calls Common KYC with. */
export type CommonKycAccess = NonNullable<ReturnType<CommonKycSettings['forUnit']>>;

function dateFormat(raw: string): string {
  const separators = raw.replace('YYYY', '').replace('MM', '').replace('DD', '');
  if (raw.length - separators.length !== 8 || !/^[-/. ]*$/.test(separators))
    throw new Invalid('must hold YYYY, MM and DD once each, such as DD-MM-YYYY');
  return raw;
}
