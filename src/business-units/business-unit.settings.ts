import {
  custom,
  defineSettings,
  EnvironmentReader,
  Invalid,
  list,
  type LoadedSettings,
  type RawEnvironment,
  text,
} from '../platform/config';
import { credentialList } from './credential-list';

const UNIT_NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Whether a business unit can be called so. */
export function isUnitName(name: string): boolean {
  return UNIT_NAME.test(name);
}

const unitNames = list({
  about: 'Client ids of the business units served',
  each: UNIT_NAME,
  wanted: 'client ids such as `nanovest,siminvest`',
});

const businessUnits: typeof unitNames = {
  ...unitNames,
  read: (raw, context) => {
    const units = unitNames.read(raw, context);
    if (new Set(units).size !== units.length) throw new Invalid('names a unit twice');
    return units;
  },
};

/** Who may use the gateway, and with which credentials of ours. */
export const businessUnitSettings = defineSettings({
  title: 'Business units',
  required: { BUSINESS_UNITS: businessUnits },
  unitOptional: {
    DISPLAY_NAME: text({ about: 'How the unit is called in messages to people; default: the client id' }),
    API_CREDENTIALS: custom(
      {
        about: "`user:password[,user:password…]` of the unit's back office; several at once for rotation",
        secret: true,
      },
      credentialList,
    ),
    OTP_WEBHOOK_CREDENTIALS: custom(
      {
        about:
          '`user:password[,user:password…]` handed to SIMAS-ID for the OTP webhook; several at once for rotation',
        secret: true,
      },
      credentialList,
    ),
    AZP_ALLOWED: list({ about: 'Further client ids of the unit (web, mobile) that may stand in `azp`' }),
  },
});

export type BusinessUnitSettings = LoadedSettings<typeof businessUnitSettings>;

/** The units' names, needed before anything that is declared per unit can be read. */
export function readBusinessUnits(raw: RawEnvironment): readonly string[] {
  const reader = new EnvironmentReader(raw);
  return reader.read('BUSINESS_UNITS', businessUnits) ?? [];
}
