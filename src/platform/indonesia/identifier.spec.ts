import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { isIdentifier } from './identifier';

describe('an identifier that is kept for ever', () => {
  it.each([
    'r',
    'otp-2026-11-22-0001',
    'otp-2026-08-22-000001',
    'otp-2026-0811-000001',
    '08-11-2026-0001',
    'kyc-terms-2025-10',
    'v0.8.1-2025.10.01',
    'terms-8.1-2025-10-01',
    'T1763800000140',
    '01JD3Z9W7N8Q2R5T6V7X8Y9Z0A',
    'a'.repeat(64),
    '81234567-8123-4567-8123-081234567890',
    '08123456-7890-8123-8123-628123456789',
  ])('is taken: %s', (text) => {
    expect(isIdentifier(text)).toBe(true);
  });

  it('is taken where it is a UUID, whatever its digits', () => {
    fc.assert(fc.property(fc.uuid(), (uuid) => expect(isIdentifier(uuid)).toBe(true)));
    expect(isIdentifier(randomUUID().toUpperCase())).toBe(true);
  });

  it.each([
    '',
    '-a',
    '.a',
    'a b',
    'a/b',
    'a@b.id',
    'é',
    'a\n',
    'a'.repeat(65),
    '3171010101900001',
    'user-3171010101900001',
    'x31710101019000019',
    '6285610573956',
    '085610573956',
    '85610573956',
    'user6285610573956',
    'consent.08123456789.v1',
    'otp_0062812345678',
    'ref-0812-3456-7890',
    'ref-0812.3456.7890',
    '62-812-3456-7890',
    '812-3456-7890',
    'ref.8123.456.7890',
    '2026-08123456789',
    null,
    7,
  ])('is refused: %p', (text) => {
    expect(isIdentifier(text)).toBe(false);
  });
});
