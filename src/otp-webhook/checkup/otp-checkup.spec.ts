import { loadSettings, platformSettings, type RawEnvironment } from '../../platform/config';
import { createLog } from '../../platform/logging';
import type { BusinessUnits } from '../../business-units';
import type { ChannelAccounts } from '../delivery/channel-accounts';
import { otpSettings } from '../otp.settings';
import { OtpCheckup } from './otp-checkup';

/** A unit with all channels and one with e-mail alone. */
const CHANNELS = [
  { businessUnit: 'nanovest', channel: 'email' },
  { businessUnit: 'nanovest', channel: 'sms' },
  { businessUnit: 'nanovest', channel: 'whatsapp' },
  { businessUnit: 'siminvest', channel: 'email' },
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
  new OtpCheckup(
    { all: [] } as unknown as BusinessUnits,
    { all: CHANNELS } as unknown as ChannelAccounts,
    registry,
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
