import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completed, configured, isUnset } from './given-environment';

describe('What an operator configured', () => {
  it('may be a value or a file that holds the value, with one trailing newline', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-test-'));
    const file = join(folder, 'url');
    writeFileSync(file, 'postgres://somewhere\n');
    expect(configured({ DATABASE_URL_FILE: file }, 'DATABASE_URL')).toBe('postgres://somewhere');
    expect(configured({ PORT: '80' }, 'PORT')).toBe('80');
    expect(configured({ PORT: '' }, 'PORT')).toBeUndefined();
    expect(configured({ PORT_FILE: join(folder, 'none') }, 'PORT')).toBeUndefined();
    rmSync(folder, { recursive: true });
  });

  it('always wins over what the launcher supplies, even as a file that cannot be read', () => {
    const given = { BUSINESS_UNITS: 'nanovest', LEDGER_SIGNING_KEY_FILE: '/nowhere', PUBLIC_URL: '' };
    const supplied = { BUSINESS_UNITS: 'other', LEDGER_SIGNING_KEY: 'generated', PUBLIC_URL: 'http://here' };
    expect(completed(given, supplied)).toEqual({ ...given, PUBLIC_URL: 'http://here' });
  });

  it('is mentioned even when it is set to nothing', () => {
    expect(isUnset({ DATABASE_URL: '' }, 'DATABASE_URL')).toBe(false);
    expect(isUnset({ DATABASE_URL_FILE: '/x' }, 'DATABASE_URL')).toBe(false);
    expect(isUnset({}, 'DATABASE_URL')).toBe(true);
  });
});
