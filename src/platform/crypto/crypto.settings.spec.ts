import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { ConfigurationError, loadSettings, type RawEnvironment } from '../config';
import { cryptoSettings } from './crypto.settings';

const { privateKey } = generateKeyPairSync('ed25519');
const PEM = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const SEED = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32).toString('base64');
const ONE = randomBytes(32).toString('base64');
const OTHER = randomBytes(32).toString('base64');

function problems(raw: RawEnvironment): readonly string[] {
  const good = { DATA_ENCRYPTION_KEYS: `k1:${ONE}`, BLIND_INDEX_KEY: OTHER, LEDGER_SIGNING_KEY: PEM };
  try {
    loadSettings([cryptoSettings], [], { NODE_ENV: 'production', ...good, ...raw });
    return [];
  } catch (error) {
    return error instanceof ConfigurationError ? error.problems : [String(error)];
  }
}

describe('The keys that protect stored data', () => {
  it('are several while they are rotated, and PEM may be on one line', () => {
    const keys = ` k2 : ${randomBytes(32).toString('base64')} , k1:${ONE}`;
    expect(problems({ DATA_ENCRYPTION_KEYS: keys, LEDGER_SIGNING_KEY: PEM.replaceAll('\n', '\\n') })).toEqual(
      [],
    );
  });

  it('serve one purpose each in production', () => {
    expect(problems({ BLIND_INDEX_KEY: ONE })).toEqual([
      'BLIND_INDEX_KEY holds the same key as DATA_ENCRYPTION_KEYS: make one of its own',
    ]);
    expect(problems({ BLIND_INDEX_KEY: SEED })).toEqual([
      'LEDGER_SIGNING_KEY holds the same key as BLIND_INDEX_KEY: make one of its own',
    ]);
    expect(problems({ DATA_ENCRYPTION_KEYS: `a:${ONE},b:${ONE}` })).toEqual([
      'DATA_ENCRYPTION_KEYS holds the same key twice',
    ]);
    expect(problems({ NODE_ENV: 'test', BLIND_INDEX_KEY: ONE })).toEqual([]);
  });

  it.each([
    [ONE, 'must be `id:base64`, comma separated'],
    [`a b:${ONE}`, 'must be `id:base64`, comma separated'],
    [`a:${ONE},`, 'must be `id:base64`, comma separated'],
    ['a:c2hvcnQ=', 'must be 32 bytes in base64'],
    [`a:${Buffer.alloc(32).toString('base64')}`, 'is too weak: 32 random bytes are wanted'],
    [`a:${ONE},a:${OTHER}`, 'must name at least one key, each id once'],
  ])('are not %s', (keys, problem) => {
    expect(problems({ DATA_ENCRYPTION_KEYS: keys })).toEqual([`DATA_ENCRYPTION_KEYS ${problem}`]);
  });

  it.each([
    generateKeyPairSync('x25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    'a word',
  ])('sign with Ed25519 alone', (key) => {
    expect(problems({ LEDGER_SIGNING_KEY: key })).toEqual([
      'LEDGER_SIGNING_KEY must be an Ed25519 private key as PKCS#8 PEM',
    ]);
  });
});
