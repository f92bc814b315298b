import { loadSettings, platformSettings, type RawEnvironment } from '../../platform/config';
import { createLog } from '../../platform/logging';
import type { OtpChannels } from '../providers/otp-channels';
import { otpSettings } from '../otp.settings';
import { UnlimitedUnits } from './unlimited-units';

/** A unit with all channels and one with e-mail alone. */
const CHANNELS = [
  { businessUnit: 'nanovest', provider: { channel: 'email' } },
  { businessUnit: 'nanovest', provider: { channel: 'sms' } },
  { businessUnit: 'nanovest', provider: { channel: 'whatsapp' } },
  { businessUnit: 'siminvest', provider: { channel: 'email' } },
];

/** What is said at start. */
function saidAtStart(more: RawEnvironment): string[] {
  const environment = {
    DATABASE_URL: 'postgres://gateway:a-password-of-the-gateway@127.0.0.1/kyc',
    PUBLIC_URL: 'https://kyc.example',
    DATABASE_TLS: 'off',
    ...more,
  };
  const registry = loadSettings([platformSettings, otpSettings], ['nanovest', 'siminvest'], environment);
  const lines: string[] = [];
  new UnlimitedUnits(
    { all: () => CHANNELS } as unknown as OtpChannels,
    registry.of(otpSettings),
    registry.of(platformSettings),
    createLog('warn', { write: (line) => void lines.push(line) }),
  ).onModuleInit();
  return lines;
}

describe('A unit in production whose bill nothing limits', () => {
  it('is told so at start, once, with the variable’s name', () => {
    const lines = saidAtStart({ NODE_ENV: 'production' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"level":"warn"');
    expect(lines[0]).toContain('BU_NANOVEST_OTP_LIMIT_PER_HOUR is unset');
  });

  it.each(['0', '5000'])('is not told so when it said %s', (limit) => {
    expect(saidAtStart({ NODE_ENV: 'production', BU_NANOVEST_OTP_LIMIT_PER_HOUR: limit })).toEqual([]);
  });

  it('is nobody’s worry on a laptop', () => {
    expect(saidAtStart({})).toEqual([]);
  });
});
