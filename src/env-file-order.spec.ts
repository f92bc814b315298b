import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { declarations, variablesOfOthers } from './app.module';
import { EnvFileOrder, Misunderstood } from './env-file-order';
import { ConfigurationError, loadSettings, type RawEnvironment } from './platform/config';

const ALL = '--partners=gtf,satusehat,common-kyc,otp';

const written = (...args: string[]): string => EnvFileOrder.of(['--unit', 'nanovest', ...args], {}).text();
const appended = (unit: string, environment: RawEnvironment, ...args: string[]): string =>
  EnvFileOrder.of(['--unit', unit, '--print', ...args], environment).text();
/** What no partner publishes. */
const TOLD = {
  DATABASE_URL: 'postgres://kyc@127.0.0.1/kyc',
  PUBLIC_URL: 'https://kyc.example.org',
  SIMAS_ID_ISSUER: 'https://sso.example.org/realms/simas-id',
  GTF_COE_TOKEN_BASE_URL: 'https://token.example.org',
  GTF_UPLOAD_HOSTS: '*.example.org',
};
/** The file once an operator has filled it in. */
const filledIn = (text: string): RawEnvironment => ({
  ...Object.fromEntries(
    Object.entries(parseEnv(text)).map(([name, value]) => [
      name,
      value === '' ? 'told-by-the-partner' : value,
    ]),
  ),
  ...TOLD,
});
function problems(environment: RawEnvironment, units = ['nanovest']): readonly string[] {
  try {
    loadSettings(declarations, units, environment, variablesOfOthers);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('.env of a new business unit', () => {
  it('lacks what only the operator and the partners know, and the gateway names all of it', () => {
    expect(problems(parseEnv(written(ALL)))).toEqual([
      'PUBLIC_URL is missing',
      'DATABASE_URL is missing',
      'SIMAS_ID_ISSUER is missing',
      'BU_NANOVEST_COMMON_KYC_CLIENT_ID is missing',
      'BU_NANOVEST_COMMON_KYC_CLIENT_SECRET is set but empty',
      'BU_NANOVEST_GTF_CLIENT_ID is missing',
      'BU_NANOVEST_GTF_PASS_KEY is set but empty',
      'BU_NANOVEST_GTF_USER_ID_TYPE is missing',
      'BU_NANOVEST_SATUSEHAT_CLIENT_ID is missing',
      'BU_NANOVEST_SATUSEHAT_CLIENT_SECRET is set but empty',
    ]);
  });

  it.each(['staging', 'production'])('is one that starts in production once it is filled in (%s)', (env) => {
    expect(problems(filledIn(written(ALL, '--env', env)))).toEqual([]);
  });

  it('fits the JSON Schema once what is missing is there, and not before', () => {
    const schema = JSON.parse(readFileSync('docs/generated/environment.schema.json', 'utf8')) as object;
    const holds = addFormats(new Ajv2020({ strictTypes: false, allErrors: true })).compile(schema);
    expect(holds(parseEnv(written(ALL)))).toBe(false);
    expect(JSON.stringify(holds.errors)).toMatch(/DATABASE_URL.*SIMAS_ID_ISSUER/);
    const given = "DATABASE_URL='postgres://a@b/c'\nSIMAS_ID_ISSUER='https://HOST/realms/simas-id'\n";
    holds(parseEnv(written(ALL) + given));
    expect(holds.errors).toBeNull();
  });

  it('has keys and credentials of its own each time, and no partner that was not named', () => {
    const secrets = [parseEnv(written()), parseEnv(written())].map((one) =>
      Object.entries(one)
        .filter(([name]) => /KEY|CREDENTIALS/.test(name))
        .map(([, value]) => value),
    );
    expect(secrets[0]).toHaveLength(4);
    expect(new Set(secrets.flat()).size).toBe(8);
    expect(written()).not.toMatch(/GTF|SATUSEHAT|COMMON_KYC|OTP|SMTP|WHATSAPP/);
    expect(written('--partners', 'satusehat')).not.toMatch(/GTF|COMMON_KYC|OTP/);
  });

  it.each(['staging', 'production'])('names addresses that the partners’ facts have for %s', (env) => {
    const facts = readdirSync('docs/partners')
      .map((file) => readFileSync(join('docs/partners', file), 'utf8'))
      .join();
    const hosts = [...written(ALL, '--env', env).matchAll(/^\w+=https:\/\/(\S+)$/gm)].map(
      ([, host = '']) => host,
    );
    expect(hosts).toHaveLength(6);
    expect(hosts.filter((host) => !facts.includes(host))).toEqual([]);
    expect(hosts.filter((host) => /stg|staging|sandbox/.test(host) !== (env === 'staging'))).toEqual([]);
  });
});

describe('a further unit', () => {
  it('is added to the file that is there, with the partners’ addresses that it lacks', () => {
    const first = written('--partners', 'gtf', '--env', 'production');
    const more = appended('sim-invest', parseEnv(first), '--partners', 'gtf,satusehat');
    expect(parseEnv(first + more)).toMatchObject({
      BUSINESS_UNITS: 'nanovest,sim-invest',
      SATUSEHAT_BASE_URL: 'https://api-satusehat.kemkes.go.id',
      BU_SIM_INVEST_GTF_PASS_KEY: '',
    });
    expect(more).not.toMatch(/^GTF_ESIGN_BASE_URL|DATA_ENCRYPTION|SIMAS_ID|BU_NANOVEST/m);
    expect(problems(filledIn(first + more), ['nanovest', 'sim-invest'])).toEqual([]);
  });

  it('is none that is served already', () =>
    expect(() => appended('nanovest', { BUSINESS_UNITS: 'nanovest' })).toThrow(Misunderstood));
});

it.each([
  [[], /--unit is the client id/],
  [['--unit', 'Nano Vest'], /--unit is the client id/],
  [['--unit', 'nanovest', '--env', 'sandbox'], /--env is staging or production/],
  [['--unit', 'nanovest', '--partners', 'gft'], /knows common-kyc, gtf, satusehat, otp, and no gft/],
  [['--unit', 'nanovest', '--forse'], /--forse/],
  [['--unit'], /--unit/],
])('what was mistyped is told: %j', (args, words) => {
  expect(() => EnvFileOrder.of(args, {})).toThrow(Misunderstood);
  expect(() => EnvFileOrder.of(args, {})).toThrow(words);
});
