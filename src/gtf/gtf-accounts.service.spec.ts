import { businessUnitSettings, BusinessUnits } from '../business-units';
import { ConfigurationError, loadSettings, type RawEnvironment } from '../platform/config';
import { GtfAccounts } from './gtf-accounts.service';
import { gtfCoeSettings, gtfSettings, gtfSivSettings } from './gtf.settings';

const COE = {
  GTF_COE_TOKEN_BASE_URL: 'https://token.gtf.example',
  GTF_COE_BASE_URL: 'https://coe.gtf.example',
  GTF_UPLOAD_HOSTS: 'Storage.example, *.oss.example',
  BU_NANOVEST_GTF_CLIENT_ID: 'client',
  BU_NANOVEST_GTF_PASS_KEY: 'pass-key-of-nanovest',
  BU_NANOVEST_GTF_USER_ID_TYPE: 'SIMAS_ID',
  BU_NANOVEST_GTF_COE_ONBOARDING_PARTNER: 'NANOVEST-SDK-COE',
};

function load(environment: RawEnvironment): GtfAccounts {
  const units = ['nanovest', 'siminvest'];
  const raw = { BUSINESS_UNITS: units.join(','), ...environment };
  const registry = loadSettings(
    [businessUnitSettings, gtfSettings, gtfCoeSettings, gtfSivSettings],
    units,
    raw,
  );
  return new GtfAccounts(
    new BusinessUnits(registry.of(businessUnitSettings)),
    registry.of(gtfSettings),
    registry.of(gtfCoeSettings),
    registry.of(gtfSivSettings),
  );
}

function problems(environment: RawEnvironment): readonly string[] {
  try {
    load(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('the GTF accounts of business units', () => {
  it('may have COE without SIV, and be none at all', () => {
    const accounts = load(COE);
    expect(accounts.demand('coe', 'nanovest', 'x')).toMatchObject({ baseUrl: 'https://coe.gtf.example' });
    expect(accounts.uploadHosts).toEqual(['storage.example', '*.oss.example']);
    expect(() => accounts.demand('siv', 'nanovest', 'x')).toThrow('is not configured');
    expect(() => accounts.demand('coe', 'siminvest', 'x')).toThrow('is not configured');
  });

  it('name what is missing', () => {
    const {
      BU_NANOVEST_GTF_CLIENT_ID: _id,
      BU_NANOVEST_GTF_PASS_KEY: _key,
      BU_NANOVEST_GTF_USER_ID_TYPE: _type,
      ...rest
    } = COE;
    expect(problems(rest)).toEqual([
      'BU_NANOVEST_GTF_CLIENT_ID is missing (needed by GTF_COE_ONBOARDING_PARTNER)',
    ]);
    expect(problems({ ...COE, GTF_UPLOAD_HOSTS: undefined })).toEqual([
      'GTF_UPLOAD_HOSTS is missing (needed by nanovest)',
    ]);
  });

  it('cannot share the header and value that tell their callbacks apart', () => {
    const same = {
      BU_NANOVEST_GTF_CALLBACK_SECRET: 'Bearer one',
      BU_SIMINVEST_GTF_CALLBACK_SECRET: 'Bearer one',
    };
    expect(problems({ ...COE, ...same })).toEqual([
      'BU_SIMINVEST_GTF_CALLBACK_SECRET is the same as BU_NANOVEST_GTF_CALLBACK_SECRET',
    ]);
    const otherHeader = { ...same, BU_SIMINVEST_GTF_CALLBACK_HEADER: 'X-Api-Key' };
    expect(load({ ...COE, ...otherHeader }).callbackHeaders.map(({ name }) => name)).toEqual([
      'authorization',
      'x-api-key',
    ]);
  });

  it.each([
    ['GTF_POLL_SCHEDULE', '60,30'],
    ['GTF_POLL_SCHEDULE', 'soon'],
    ['GTF_CALLBACK_ALLOWED_IPS', '10.0.0.0/33'],
    ['GTF_CALLBACK_ALLOWED_IPS', 'gtf.example'],
    ['GTF_COE_DETAILS_TOKEN', 'any'],
    ['GTF_UPLOAD_HOSTS', 'https://storage.example'],
    ['BU_NANOVEST_GTF_REDIRECT_ORIGINS', 'https://app.example/path'],
    ['BU_NANOVEST_GTF_CALLBACK_HEADER', 'X Key'],
  ])('%s is not %s', (name, value) => {
    expect(problems({ ...COE, [name]: value })[0]).toMatch(new RegExp(`^${name} must be`));
  });
});
