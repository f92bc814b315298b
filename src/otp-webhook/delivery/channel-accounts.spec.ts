import type { BusinessUnit, BusinessUnits } from '../../business-units';
import { ConfigurationError, type SettingsRegistry } from '../../platform/config';
import { HealthChecks } from '../../platform/health';
import type { PartnerHttpClients } from '../../platform/outbound';
import type { Channel } from '../providers/otp-provider';
import { ChannelAccounts } from './channel-accounts';
import { PROVIDERS } from '../providers/registry';

const nanovest = { id: 'nanovest', displayName: 'Nanovest' } as BusinessUnit;

/** Which provider serves each channel of a unit that has these accounts. */
function serving(accounts: readonly string[], wanted?: string): Partial<Record<Channel, string>> {
  const client = { send: () => Promise.reject(new Error()), probe: () => Promise.resolve('') };
  for (const provider of PROVIDERS)
    jest.spyOn(provider, 'open').mockReturnValue(accounts.includes(provider.name) ? client : null);
  const settings = { values: {}, optionalForUnit: () => ({ SMS_PROVIDER: wanted, OTP_LANGUAGE: 'id' }) };
  const channels = new ChannelAccounts(
    { all: [nanovest] } as unknown as BusinessUnits,
    { of: () => settings } as unknown as SettingsRegistry,
    {} as PartnerHttpClients,
    new HealthChecks(),
  );
  return Object.fromEntries(channels.all.map(({ channel, provider }) => [channel, provider.name]));
}

const sms = PROVIDERS.flatMap(({ name, channel }) => (channel === 'sms' ? [name] : []));

afterAll(() => jest.restoreAllMocks());

describe('A unit’s channels', () => {
  it('are those it has accounts for', () => {
    expect(serving(['smtp'])).toEqual({ email: 'smtp' });
    expect(serving(['whatsapp', 'http'])).toEqual({ whatsapp: 'whatsapp', sms: 'http' });
    expect(serving([])).toEqual({});
  });

  it('go by the first of several SMS providers, unless the unit chose another', () => {
    expect(serving(sms)).toEqual({ sms: 'twilio' });
    for (const name of sms) expect(serving(sms, name)).toEqual({ sms: name });
  });

  it.each(sms)('do not begin when %s is chosen and not configured', (name) => {
    const others = sms.filter((other) => other !== name);
    expect(() => serving(others, name)).toThrow(ConfigurationError);
    try {
      serving(others, name);
    } catch (error) {
      const [problem] = (error as ConfigurationError).problems;
      expect(problem).toMatch(
        new RegExp(`^BU_NANOVEST_SMS_PROVIDER is ${name}, but BU_NANOVEST_[A-Z_]+ is not set$`),
      );
    }
  });
});
