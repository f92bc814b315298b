import { ConfigurationError, loadSettings } from '../platform/config';
import { businessUnitSettings, readBusinessUnits } from './business-units.settings';

function problems(raw: Record<string, string>): readonly string[] {
  try {
    loadSettings([businessUnitSettings], readBusinessUnits(raw), raw);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('the business units served', () => {
  it('have their variables under their own name, a dash as an underscore', () => {
    const raw = { BUSINESS_UNITS: 'nanovest, sim-invest-2', BU_SIM_INVEST_2_API_CREDENTIALS: 'no pair' };
    expect(readBusinessUnits(raw)).toEqual(['nanovest', 'sim-invest-2']);
    expect(problems(raw)).toEqual([expect.stringMatching(/^BU_SIM_INVEST_2_API_CREDENTIALS /)]);
  });

  it.each(['Nanovest', 'sim_invest', 'a--b', '-a', 'a-', 'nano vest', ' , '])(
    'cannot be called %j',
    (units) =>
      expect(problems({ BUSINESS_UNITS: units })).toEqual([
        'BUSINESS_UNITS must be a comma-separated list of client ids such as `nanovest,siminvest`',
      ]),
  );

  it('name a user once, because the log tells by the user name alone who called', () => {
    const raw = {
      BUSINESS_UNITS: 'nanovest',
      BU_NANOVEST_API_CREDENTIALS: 'desk:old-secret,desk:new-secret',
    };
    expect(problems(raw)).toEqual(['BU_NANOVEST_API_CREDENTIALS must not name a user twice']);
    raw.BU_NANOVEST_API_CREDENTIALS = 'desk:old-secret,desk-2:new-secret';
    expect(problems(raw)).toEqual([]);
  });

  it('allow exact origins, in production no others', () => {
    const wrong = (origins: string, environment = 'test'): readonly string[] =>
      problems({
        BUSINESS_UNITS: 'nanovest',
        NODE_ENV: environment,
        BU_NANOVEST_ALLOWED_ORIGINS: origins,
      });
    for (const origins of [
      'https://app.nanovest.example,https://app.nanovest.example:8443',
      'capacitor://localhost, http://localhost',
    ])
      expect([wrong(origins), wrong(origins, 'production')]).toEqual([[], []]);
    for (const origins of ['http://localhost:*', 'http://127.0.0.1:*']) {
      expect(wrong(origins)).toEqual([]);
      expect(wrong(origins, 'production')).toEqual([
        'BU_NANOVEST_ALLOWED_ORIGINS must be exact origins such as `https://app.example.com` in production',
      ]);
    }
    for (const origins of [
      '*',
      'null',
      'app.nanovest.example',
      'https://app.nanovest.example/',
      'https://App.nanovest.example',
      'https://app.nanovest.example:443',
      'https://app.nanovest.example:99999',
      'https://*.nanovest.example',
      'https://user@nanovest.example',
    ])
      expect([origins, wrong(origins)]).toEqual([
        origins,
        [
          'BU_NANOVEST_ALLOWED_ORIGINS must be origins such as `https://app.example.com`, or `http://localhost:*`',
        ],
      ]);
  });

  it('that are named twice are one problem among the others', () => {
    const raw = { BUSINESS_UNITS: 'nanovest,siminvest,nanovest' };
    expect(problems(raw)).toEqual(['BUSINESS_UNITS names a unit twice']);
  });
});
