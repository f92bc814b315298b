import { EVENT_TYPES } from '../kyc-ledger';
import { address, defineSettings, list, type LoadedSettings, Secret } from '../platform/config';

const MIN_SECRET_BYTES = 24;
const SECRETS = `\`whsec_\` and at least ${MIN_SECRET_BYTES} random bytes in base64`;
const WHSEC = /^whsec_(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function isStrong(secret: string): boolean {
  const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64');
  return bytes.length >= MIN_SECRET_BYTES && new Set(bytes).size >= MIN_SECRET_BYTES / 4;
}

const secrets = list(SECRETS, WHSEC)
  .refine((all) => all.every(isStrong), `must be a comma-separated list of ${SECRETS}`)
  .transform((all) => all.map((secret) => new Secret(secret)))
  .meta({ writeOnly: true });

const types = list().refine(
  (all) => all.every((beginning) => EVENT_TYPES.some((type) => type.startsWith(beginning))),
  'must be a comma-separated list of beginnings of event types, such as `kyc.,person.erased`',
);

/** Where a unit's own back end hears of events (contract §7.7). */
export const unitEventsSettings = defineSettings({
  title: "Events to a unit's back end",
  unit: {
    EVENTS_URL: address().describe(
      "Address of the unit's own back end to which events are posted; another one starts with the next event",
    ),
    EVENTS_SECRETS: secrets.describe(
      `\`whsec_…[,whsec_…]\`, each at least ${MIN_SECRET_BYTES} random bytes in base64 (Standard Webhooks); every one signs, so that secrets can be rotated`,
    ),
  },
  unitOptional: {
    EVENTS_TYPES: types
      .optional()
      .describe(
        'Beginnings of the types of events that are posted, such as `kyc.,person.erased`; unset: all',
      ),
  },
});

export type UnitEventsSettings = LoadedSettings<typeof unitEventsSettings>;

/** Where a unit's events go, and which. */
export type EventsEndpoint = NonNullable<ReturnType<UnitEventsSettings['forUnit']>>;
