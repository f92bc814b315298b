import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatedSecrets } from './generated-secrets';

describe('The secrets that the launcher generates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('have the form that the gateway wants', () => {
    const secrets = generatedSecrets(folder, {}, ['nano-vest']);
    expect(Object.keys(secrets).sort()).toEqual([
      'BLIND_INDEX_KEY',
      'BU_NANO_VEST_API_CREDENTIALS',
      'BU_NANO_VEST_OTP_WEBHOOK_CREDENTIALS',
      'DATA_ENCRYPTION_KEYS',
      'LEDGER_SIGNING_KEY',
    ]);
    expect(secrets.BU_NANO_VEST_API_CREDENTIALS).toMatch(/^nano-vest-back-office:[\w-]{24}$/);
    const [id, key] = (secrets.DATA_ENCRYPTION_KEYS ?? '').split(':');
    expect(id).toBe('k1');
    expect(Buffer.from(key ?? '', 'base64')).toHaveLength(32);
    expect(Buffer.from(secrets.BLIND_INDEX_KEY ?? '', 'base64')).toHaveLength(32);
    expect(createPrivateKey(secrets.LEDGER_SIGNING_KEY ?? '').asymmetricKeyType).toBe('ed25519');
  });

  it('stay the same on the next start, in a file that only its owner reads', () => {
    const first = generatedSecrets(folder, {}, ['nano-vest']);
    expect(generatedSecrets(folder, {}, ['nano-vest'])).toEqual(first);
    expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
  });

  it('outlive a time in which another value was configured, because data may be encrypted with them', () => {
    const first = generatedSecrets(folder, {}, ['nano-vest']);
    const { DATA_ENCRYPTION_KEYS: generated, ...others } = first;
    expect(generatedSecrets(folder, { DATA_ENCRYPTION_KEYS: 'mine:…' }, ['nano-vest'])).toEqual(others);
    expect(generatedSecrets(folder, {}, ['nano-vest']).DATA_ENCRYPTION_KEYS).toBe(generated);
  });

  it('do not stand in for a variable that is set to nothing, which is a mistake', () => {
    expect(generatedSecrets(folder, { BLIND_INDEX_KEY: '' }, [])).not.toHaveProperty('BLIND_INDEX_KEY');
  });
});
