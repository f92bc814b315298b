import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';

const FILE = join(__dirname, '../docs/generated/environment.schema.json');
const GOOD = {
  BUSINESS_UNITS: 'nanovest',
  DATABASE_URL: 'postgres://gateway@127.0.0.1/gateway',
  DATA_ENCRYPTION_KEYS: 'k1:AAAA',
  BLIND_INDEX_KEY: 'AAAA',
  LEDGER_SIGNING_KEY_FILE: '/run/secrets/signing',
  SIMAS_ID_BASE_URL: 'https://api-stg.simas-id.com',
  SIMAS_ID_ISSUER: 'https://api-stg.simas-id.com',
  BU_NANOVEST_OTP_LANGUAGE: 'en',
  BU_NANOVEST_SMTP_URL_FILE: '/run/secrets/smtp',
  PATH: '/usr/bin',
};

describe('The JSON Schema of the environment', () => {
  const ajv = new Ajv2020({ strictTypes: false });
  addFormats(ajv);
  const holds = ajv.compile(JSON.parse(readFileSync(FILE, 'utf8')) as object);

  it('holds for an environment that starts, whatever else stands in it', () => {
    holds(GOOD);
    expect(holds.errors).toBeNull();
  });

  it.each([
    ['a port in words', { PORT: 'eighty' }],
    ['a level that there is not', { LOG_LEVEL: 'loud' }],
    ['an address that is none', { SIMAS_ID_BASE_URL: 'simas' }],
    ['no database', { DATABASE_URL: undefined }],
    ['no signing key, not even in a file', { LEDGER_SIGNING_KEY_FILE: undefined }],
    ['a language of a unit that is not spoken', { BU_NANOVEST_OTP_LANGUAGE: 'fr' }],
    ['a method of another unit that sends nothing', { BU_SIM_INVEST_SMS_HTTP_METHOD: 'GET' }],
  ])('does not hold with %s', (_, mistake) => {
    expect(holds({ ...GOOD, ...mistake })).toBe(false);
  });
});
