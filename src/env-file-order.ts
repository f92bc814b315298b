import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { declarations } from './app.module';
import { authSettings } from './auth';
import { businessUnitSettings, isUnitName, readBusinessUnits } from './business-units';
import { commonKycSettings } from './common-kyc';
import { gtfCoeSettings, gtfSettings, gtfSivSettings } from './gtf';
import { otpWebhookSettings } from './otp-webhook';
import {
  platformSettings,
  type RawEnvironment,
  type SettingsDeclaration,
  unitPrefix,
} from './platform/config';
import { cryptoSettings } from './platform/crypto';
import { databaseSettings } from './platform/database';
import { satusehatSettings } from './satusehat';
import { unitEventsSettings } from './unit-events';

export const USAGE = `npm run init -- --unit ID [--env staging|production] [--partners gtf,satusehat,common-kyc,otp]
    writes .env for a business unit: freshly made keys, the partners' addresses, and what is to be filled in; never over another
npm run --silent init -- --unit ID [--partners …] --print
    a further unit's lines on standard output, for the end of the .env that is there
`;

type Environment = 'staging' | 'production';

/** What the partners publish (docs/partners: simas-id.md §1, common-kyc.md §1, gtf.md §1, satusehat.md §1); the partner tells each unit the others. */
const ADDRESSES: Readonly<Record<string, Readonly<Record<Environment, string | undefined>>>> = {
  SIMAS_ID_BASE_URL: { staging: 'https://api-stg.simas-id.com', production: 'https://api.simas-id.com' },
  COMMON_KYC_BASE_URL: {
    staging: 'https://sqekyc.stg.squantumengine.com',
    production: 'https://sqekyc.squantumengine.com',
  },
  GTF_COE_BASE_URL: {
    staging: 'https://onekyc.ky.id.staging.gopayapi.com',
    production: 'https://onekyc.ky.id.gopayapi.com',
  },
  GTF_ESIGN_TOKEN_BASE_URL: {
    staging: 'https://onekyc-token.staging.gopayapi.com',
    production: 'https://onekyc-token.ky.id.gopayapi.com',
  },
  GTF_ESIGN_BASE_URL: {
    staging: 'https://onekyc.ky.id.staging.gopayapi.com',
    production: 'https://onekyc.ky.id.gopayapi.com',
  },
  SATUSEHAT_BASE_URL: {
    staging: 'https://api-satusehat-stg.dto.kemkes.go.id',
    production: 'https://api-satusehat.kemkes.go.id',
  },
  SATUSEHAT_PUBLIC_KEY: { staging: 'development', production: 'production' },
};

/** Shown as a commented example where neither a partner publishes the value nor `init` can make it. */
const EXAMPLES: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres://USER:PASSWORD@HOST:5432/DATABASE',
  PUBLIC_URL: 'https://kyc.example.org',
  SIMAS_ID_ISSUER: 'https://HOST/realms/simas-id',
};

const random = (bytes: number): string => randomBytes(bytes).toString('base64url');

/** Values that `init` makes, by variable; of a unit's variables without their prefix. */
const FRESH: Readonly<Record<string, (unit: string) => string>> = {
  DATA_ENCRYPTION_KEYS: () => `k1:${randomBytes(32).toString('base64')}`,
  BLIND_INDEX_KEY: () => randomBytes(32).toString('base64'),
  LEDGER_SIGNING_KEY: () =>
    generateKeyPairSync('ed25519')
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString()
      .trim()
      .replaceAll('\n', '\\n'),
  API_CREDENTIALS: (unit) => `${unit}-back-office:${random(24)}`,
  OTP_WEBHOOK_CREDENTIALS: (unit) => `${unit}-otp-sender:${random(24)}`,
  EVENTS_SECRETS: () => `whsec_${randomBytes(32).toString('base64')}`,
};

/** Secrets that the unit hands to a partner, which sends them with each of its calls. */
const GIVEN_TO_PARTNERS = /_(CALLBACK_SECRET|VERIFY_TOKEN)$/;

/** A fresh value; undefined for a variable whose value the operator or a partner has. */
function made(name: string, unit: string): string | undefined {
  return GIVEN_TO_PARTNERS.test(name) ? random(24) : FRESH[name]?.(unit);
}

const PARTNERS: Readonly<Record<string, readonly SettingsDeclaration[]>> = {
  'common-kyc': [commonKycSettings],
  gtf: [gtfSettings, gtfCoeSettings, gtfSivSettings],
  satusehat: [satusehatSettings],
  otp: otpWebhookSettings,
};
/** Commented: a provider of codes is one of several, and a unit may do without being told of events. */
const MAYBE: readonly SettingsDeclaration[] = [...otpWebhookSettings, unitEventsSettings];

/** The command was not understood. */
export class Misunderstood extends Error {}

const OPTIONS = {
  unit: { type: 'string', default: '' },
  env: { type: 'string' },
  partners: { type: 'string', default: '' },
  print: { type: 'boolean', default: false },
} as const;

/** A `.env` that somebody wants: for the first business unit the whole file, for a further one what is to be added. */
export class EnvFileOrder {
  private constructor(
    readonly unit: string,
    readonly env: Environment,
    readonly isFurtherUnit: boolean,
    /** What the unit uses, in the order of the reference. */
    private readonly features: readonly SettingsDeclaration[],
    private readonly environment: RawEnvironment,
  ) {}

  /** @throws Misunderstood */
  static of(args: readonly string[], environment: RawEnvironment): EnvFileOrder {
    const { unit, env = usual(environment), partners, print } = optionsIn(args);
    if (!isUnitName(unit)) throw new Misunderstood('--unit is the client id at SIMAS-ID, such as nanovest');
    if (env !== 'staging' && env !== 'production') throw new Misunderstood('--env is staging or production');
    const named = partners.split(',').filter(Boolean);
    const strange = named.find((name) => !Object.hasOwn(PARTNERS, name));
    if (strange !== undefined)
      throw new Misunderstood(`--partners knows ${Object.keys(PARTNERS).join(', ')}, and no ${strange}`);
    if (print && readBusinessUnits(environment).includes(unit))
      throw new Misunderstood(`${unit} is one of BUSINESS_UNITS already`);
    const used = new Set([
      businessUnitSettings,
      unitEventsSettings,
      ...named.flatMap((name) => PARTNERS[name] ?? []),
    ]);
    const features = declarations.filter((one) => used.has(one));
    return new EnvFileOrder(unit, env, print, features, print ? environment : {});
  }

  text(): string {
    const { unit, env } = this;
    if (this.isFurtherUnit)
      return `
# ${unit}: added to the .env that is there, where the last line of a name counts
BUSINESS_UNITS=${[...readBusinessUnits(this.environment), unit].join(',')}
${this.#features()}`;
    return `# The KYC Gateway for ${unit}, with the partners' ${env}. Every variable: docs/generated/environment.md.
# Secrets stand here: keep it out of version control, and a copy where secrets are kept. Without the keys nobody can read what is stored.
# One NAME='value' a line; single quotes keep every character. The environment wins over this file.

# Without this line \`npm start\` embeds a PostgreSQL, and plays the partners that are not configured
NODE_ENV=production
${[platformSettings, databaseSettings, cryptoSettings, authSettings].map((one) => this.#shared(one)).join('')}
BUSINESS_UNITS=${unit}
${this.#features()}`;
  }

  /** What each feature needs of the unit, and what it needs for all. */
  #features(): string {
    return this.features
      .map((feature) => `\n# ${feature.title}\n${this.#ofUnit(feature)}${this.#shared(feature)}`)
      .join('');
  }

  #ofUnit(feature: SettingsDeclaration): string {
    return Object.entries({ ...feature.unit, ...feature.unitOptional })
      .filter(
        ([name]) =>
          name !== 'OTP_WEBHOOK_CREDENTIALS' || this.features.some((one) => otpWebhookSettings.includes(one)),
      )
      .map(([name, schema]) => {
        const value = made(name, this.unit);
        const maybe = MAYBE.includes(feature) || (name in feature.unitOptional && value === undefined);
        return line(unitPrefix(this.unit) + name, schema, value, maybe);
      })
      .join('');
  }

  /** Variables without a usable default; those that the environment sets already are left out. */
  #shared(feature: SettingsDeclaration): string {
    return Object.entries({ ...feature.shared, ...feature.whenUsed })
      .filter(([name, schema]) => name in EXAMPLES || !schema.safeParse(undefined).success)
      .filter(
        ([name]) => name !== 'BUSINESS_UNITS' && !this.environment[name] && !this.environment[`${name}_FILE`],
      )
      .map(([name, schema]) => {
        const value = ADDRESSES[name]?.[this.env] ?? made(name, this.unit);
        return line(name, schema, value ?? EXAMPLES[name], value === undefined);
      })
      .join('');
  }
}

/** A further unit has the environment of those before it. */
function usual({ SIMAS_ID_BASE_URL }: RawEnvironment): string {
  return SIMAS_ID_BASE_URL === ADDRESSES['SIMAS_ID_BASE_URL']?.production ? 'production' : 'staging';
}

function optionsIn(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new Misunderstood((error as Error).message);
  }
}

function line(name: string, schema: z.ZodType, value: string | undefined, commented: boolean): string {
  const about = z.globalRegistry.get(schema)?.description ?? '';
  const usual = schema instanceof z.ZodPrefault ? String(schema.def.defaultValue) : '';
  const text = value ?? usual;
  const quoted = /^[\w+/=:,.@-]*$/.test(text) ? text : `'${text}'`;
  return `# ${about}\n${commented ? '# ' : ''}${name}=${quoted}\n`;
}
