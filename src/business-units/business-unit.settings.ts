import { z } from 'zod';
import {
  defineSettings,
  list,
  type LoadedSettings,
  type RawEnvironment,
  readVariable,
} from '../platform/config';
import { credentialList } from './credential-list';

const UNIT_NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Whether a business unit can be called so. */
export function isUnitName(name: string): boolean {
  return UNIT_NAME.test(name);
}

const businessUnits = list('client ids such as `nanovest,siminvest`', UNIT_NAME).refine(
  (units) => new Set(units).size === units.length,
  'names a unit twice',
);

/** Who may use the gateway, and with which credentials of ours. */
export const businessUnitSettings = defineSettings({
  title: 'Business units',
  shared: { BUSINESS_UNITS: businessUnits.describe('Client ids of the business units served') },
  unitOptional: {
    DISPLAY_NAME: z
      .string()
      .optional()
      .describe('How the unit is called in messages to people; default: the client id'),
    API_CREDENTIALS: credentialList()
      .optional()
      .describe("`user:password[,user:password…]` of the unit's back office; several at once for rotation"),
    OTP_WEBHOOK_CREDENTIALS: credentialList()
      .optional()
      .describe(
        '`user:password[,user:password…]` handed to SIMAS-ID for the OTP webhook; several at once for rotation',
      ),
    AZP_ALLOWED: list()
      .optional()
      .describe('Further client ids of the unit (web, mobile) that may stand in `azp`'),
  },
});

export type BusinessUnitSettings = LoadedSettings<typeof businessUnitSettings>;

/** The units' names, needed before anything that is declared per unit can be read. */
export function readBusinessUnits(raw: RawEnvironment): readonly string[] {
  return readVariable(raw, 'BUSINESS_UNITS', businessUnits) ?? [];
}
