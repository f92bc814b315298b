import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { declarations, variablesOfOthers } from './app.module';
import { readBusinessUnits } from './business-units';
import { readSettings } from './platform/config';
import { type CheckResult, reasonsAgainst } from './production-readiness';

const READY = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://kyc@127.0.0.1/kyc',
  PUBLIC_URL: 'https://kyc.example.org',
  DATA_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
  BLIND_INDEX_KEY: randomBytes(32).toString('base64'),
  LEDGER_SIGNING_KEY: generateKeyPairSync('ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
  BUSINESS_UNITS: 'sim,sim-invest',
  BU_SIM_API_CREDENTIALS: 'office:a-long-password-of-sim',
  BU_SIM_INVEST_API_CREDENTIALS: 'office:a-long-password-of-invest',
  SIMAS_ID_BASE_URL: 'https://api.simas-id.com',
  SIMAS_ID_ISSUER: 'https://sso.simas-id.com/realms/simas-id',
};
const SATUSEHAT = {
  SATUSEHAT_BASE_URL: 'https://api-satusehat-stg.dto.kemkes.go.id',
  SATUSEHAT_PUBLIC_KEY: 'development',
  BU_SIM_INVEST_SATUSEHAT_CLIENT_ID: 'id',
  BU_SIM_INVEST_SATUSEHAT_CLIENT_SECRET: 'secret',
};

/** The reasons against sim and against sim-invest. */
function reasons(
  environment: Readonly<Record<string, string>>,
  results: readonly CheckResult[] = [],
): string[][] {
  const businessUnits = readBusinessUnits(environment);
  const read = readSettings(declarations, businessUnits, environment, variablesOfOthers);
  return businessUnits.map((unit) => reasonsAgainst(unit, { ...read, businessUnits, environment, results }));
}

describe('a business unit is ready for production', () => {
  it('when its configuration is whole and every trial holds', () => expect(reasons(READY)).toEqual([[], []]));

  it('not outside production, nor with the test environment of a partner that it uses', () => {
    expect(reasons({ ...READY, ...SATUSEHAT, NODE_ENV: 'test' })).toEqual([
      [expect.stringMatching(/^NODE_ENV is not production/)],
      [
        expect.stringMatching(/^NODE_ENV is not production/),
        'SATUSEHAT_BASE_URL is of a test environment: api-satusehat-stg.dto.kemkes.go.id',
        'SATUSEHAT_PUBLIC_KEY is of a test environment: development',
      ],
    ]);
    const staging = { ...READY, SIMAS_ID_BASE_URL: 'https://api-stg.simas-id.com' };
    expect(reasons(staging)[0]).toEqual(['SIMAS_ID_BASE_URL is of a test environment: api-stg.simas-id.com']);
  });

  it('not when it lacks something, which is told to nobody else', () => {
    const { BU_SIM_API_CREDENTIALS: _, ...lacking } = READY;
    expect(reasons({ ...lacking, BU_SIM_INVEST_EVENTS_SECRETS: '' })).toEqual([
      ['BU_SIM_API_CREDENTIALS is missing: its back office cannot ask'],
      ['BU_SIM_INVEST_EVENTS_URL is missing', 'BU_SIM_INVEST_EVENTS_SECRETS is set but empty'],
    ]);
    const common = { BU_SIM_COMMON_KYC_CLIENT_ID: 'id', BU_SIM_COMMON_KYC_CLIENT_SECRET: 'secret' };
    expect(reasons({ ...READY, ...common, BU_SIM_INVEST_GTF_SIV_ONBOARDING_PARTNER: '' })).toEqual([
      ['COMMON_KYC_BASE_URL is missing (needed by sim)'],
      ['BU_SIM_INVEST_GTF_SIV_ONBOARDING_PARTNER is empty: fill it in, or take the line out'],
    ]);
  });

  it('not when a trial of its own, or one that concerns everybody, does not hold', () => {
    const result = (businessUnit: string | null, mark: CheckResult['mark']): CheckResult => ({
      ...{ businessUnit, mark, subject: 'Common KYC', words: 'answers 500' },
    });
    expect(reasons(READY, [result('sim', 'FAIL'), result('sim-invest', 'WARN')])).toEqual([
      ['Common KYC: answers 500'],
      [],
    ]);
    expect(reasons(READY, [result(null, 'FAIL')])).toEqual([
      ['Common KYC: answers 500'],
      ['Common KYC: answers 500'],
    ]);
  });

  it('and a secret is never among the reasons', () => {
    const broken = { ...READY, DATABASE_URL: 'no-url-dev-secret', BU_SIM_API_CREDENTIALS: 'sandbox.secret' };
    expect(reasons(broken).flat().length).toBeGreaterThan(2);
    expect(reasons(broken).flat().join()).not.toContain('secret');
  });
});
