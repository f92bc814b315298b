import { randomBytes } from 'node:crypto';
import { ConfigurationError, loadSettings } from '../platform/config';
import { unitEventsSettings } from './unit-events.settings';

const secret = (bytes: number): string => `whsec_${randomBytes(bytes).toString('base64')}`;

function read(own: Readonly<Record<string, string>>): unknown {
  const environment = Object.fromEntries(
    Object.entries({ EVENTS_URL: 'https://unit.example/events', EVENTS_SECRETS: secret(32), ...own }).map(
      ([name, value]) => [`BU_NANOVEST_${name}`, value],
    ),
  );
  try {
    return loadSettings([unitEventsSettings], ['nanovest'], environment)
      .of(unitEventsSettings)
      .forUnit('nanovest');
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

describe('where a unit hears of events', () => {
  it('is an address with one secret, or two while they are rotated', () => {
    const [first, second] = [secret(24), secret(64)];
    const settings = read({ EVENTS_SECRETS: `${first},${second}`, EVENTS_TYPES: 'kyc., person.erased' });
    expect(settings).toMatchObject({
      EVENTS_URL: 'https://unit.example/events',
      EVENTS_TYPES: ['kyc.', 'person.erased'],
    });
    const { EVENTS_SECRETS: secrets } = settings as { EVENTS_SECRETS: { reveal(): string }[] };
    expect(secrets.map((one) => one.reveal())).toEqual([first, second]);
  });

  it.each([
    ['below 24 bytes', { EVENTS_SECRETS: secret(23) }],
    ['one of which is below 24 bytes', { EVENTS_SECRETS: `${secret(32)},${secret(20)}` }],
    ['without their prefix', { EVENTS_SECRETS: randomBytes(32).toString('base64') }],
    ['that are not base64', { EVENTS_SECRETS: 'whsec_not-base64-at-all-but-long-enough' }],
    ['that anybody guesses', { EVENTS_SECRETS: `whsec_${Buffer.alloc(32).toString('base64')}` }],
  ])('takes no secrets %s, and does not repeat them', (_what, own) => {
    expect(read(own)).toEqual([
      'BU_NANOVEST_EVENTS_SECRETS must be a comma-separated list of `whsec_` and at least 24 random bytes in base64',
    ]);
  });

  it('takes beginnings of types that there are, and no plain http: to another machine', () => {
    expect(read({ EVENTS_TYPES: 'kyc.aproved' })).toEqual([
      expect.stringContaining('BU_NANOVEST_EVENTS_TYPES'),
    ]);
    expect(read({ EVENTS_URL: 'http://10.0.0.7/events' })).toEqual([
      expect.stringContaining('BU_NANOVEST_EVENTS_URL'),
    ]);
    expect(read({ EVENTS_URL: 'https://10.0.0.7/events' })).toMatchObject({
      EVENTS_URL: 'https://10.0.0.7/events',
    });
  });
});
