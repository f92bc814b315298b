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

  it('that are named twice are one problem among the others', () => {
    const raw = { BUSINESS_UNITS: 'nanovest,siminvest,nanovest' };
    expect(problems(raw)).toEqual(['BUSINESS_UNITS names a unit twice']);
  });
});
