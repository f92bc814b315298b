import { ConfigurationError, loadSettings } from '../platform/config';
import { authSettings } from './auth.settings';
import { SimasIdAddresses } from './simas-id-addresses';

const STAGING = {
  SIMAS_ID_BASE_URL: 'https://api-stg.simas-id.com',
  SIMAS_ID_ISSUER: 'https://sso.example/realms/simas-id',
};

function addresses(environment: Record<string, string>): SimasIdAddresses {
  const registry = loadSettings([authSettings], [], environment);
  return new SimasIdAddresses(registry.of(authSettings));
}

function problems(environment: Record<string, string>): readonly string[] {
  try {
    addresses(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('the addresses of SIMAS-ID', () => {
  it('hang under the base unless they are given', () => {
    expect({ ...addresses(STAGING) }).toEqual({
      keySet: 'https://api-stg.simas-id.com/v1/oidc/certs',
      userinfo: 'https://api-stg.simas-id.com/v1/oidc/userinfo',
    });
    const given = {
      SIMAS_ID_JWKS_URI: 'https://keys.example/jwks',
      SIMAS_ID_USERINFO_URI: 'https://keys.example/me',
    };
    expect({ ...addresses({ ...STAGING, ...given }) }).toEqual({
      keySet: 'https://keys.example/jwks',
      userinfo: 'https://keys.example/me',
    });
  });

  it('must not mix environments', () => {
    expect(problems({ ...STAGING, SIMAS_ID_JWKS_URI: 'https://api.simas-id.com/v1/oidc/certs' })).toEqual([
      'SIMAS_ID_JWKS_URI names another environment of SIMAS-ID than SIMAS_ID_BASE_URL',
    ]);
    expect(
      problems({
        SIMAS_ID_BASE_URL: 'https://api.simas-id.com',
        SIMAS_ID_ISSUER: 'https://login-dev.simas-id.com/realms/simas-id',
        SIMAS_ID_USERINFO_URI: 'https://api-stg.simas-id.com/v1/oidc/userinfo',
      }),
    ).toEqual([
      'SIMAS_ID_USERINFO_URI names another environment of SIMAS-ID than SIMAS_ID_BASE_URL',
      'SIMAS_ID_ISSUER names another environment of SIMAS-ID than SIMAS_ID_BASE_URL',
    ]);
    expect(
      problems({ ...STAGING, SIMAS_ID_ISSUER: 'https://login-stg.simas-id.com/realms/simas-id' }),
    ).toEqual([]);
  });

  it.each([
    [{ SIMAS_ID_BASE_URL: STAGING.SIMAS_ID_BASE_URL }, 'SIMAS_ID_ISSUER is missing'],
    [{ SIMAS_ID_ISSUER: STAGING.SIMAS_ID_ISSUER }, 'SIMAS_ID_BASE_URL is missing'],
    [
      { ...STAGING, SIMAS_ID_ISSUER: 'simas-id' },
      'SIMAS_ID_ISSUER must be the absolute https: URL that stands in `iss`',
    ],
    [
      { ...STAGING, SIMAS_ID_ISSUER: 'http://sso.example/' },
      'SIMAS_ID_ISSUER must be the absolute https: URL that stands in `iss`',
    ],
    [
      { ...STAGING, NODE_ENV: 'production', SIMAS_ID_ISSUER: 'http://127.0.0.1/' },
      'SIMAS_ID_ISSUER must be the absolute https: URL that stands in `iss`',
    ],
    [
      { ...STAGING, SIMAS_ID_CLOCK_SKEW_SECONDS: '61' },
      'SIMAS_ID_CLOCK_SKEW_SECONDS must be a whole number from 0 to 60',
    ],
    [{ ...STAGING, SIMAS_ID_AZP: 'off' }, 'SIMAS_ID_AZP must be one of require, optional'],
  ])('are refused when %j', (environment, problem) => {
    expect(problems(environment)).toEqual([problem]);
  });
});
