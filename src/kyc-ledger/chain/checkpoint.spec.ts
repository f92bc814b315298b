import { generateKeyPairSync } from 'node:crypto';
import { loadSettings } from '../../platform/config';
import { cryptoSettings } from '../../platform/crypto';
import { isGenuine, LedgerSigner } from './checkpoint';

const KEY = Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64');

function signer(): LedgerSigner {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const environment = { DATA_ENCRYPTION_KEYS: `a:${KEY}`, BLIND_INDEX_KEY: KEY, LEDGER_SIGNING_KEY: pem };
  const settings = loadSettings([cryptoSettings], [], environment).of(cryptoSettings);
  return new LedgerSigner(settings);
}

describe('a checkpoint', () => {
  const ours = signer();
  const head = { businessUnit: 'nanovest', seq: 7, hash: 'ab'.repeat(32), at: '2026-11-22T03:04:05.678Z' };
  const checkpoint = ours.end(head);

  it('is genuine under the key that signed it, and names that key', () => {
    expect(isGenuine(checkpoint, ours.publicKey)).toBe(true);
    expect(checkpoint.keyId).toBe(ours.keyId);
  });

  it('is not genuine under another key', () => {
    expect(isGenuine(checkpoint, signer().publicKey)).toBe(false);
  });

  it.each([
    ['another unit', { businessUnit: 'siminvest' }],
    ['a later event', { seq: 8 }],
    ['another hash', { hash: 'ac'.repeat(32) }],
    ['another moment', { at: '2026-11-22T03:04:05.679Z' }],
    ['another key', { keyId: '0'.repeat(16) }],
    ['another signature', { signature: '00'.repeat(64) }],
  ])('with %s is not genuine', (_what, edit) => {
    expect(isGenuine({ ...checkpoint, ...edit }, ours.publicKey)).toBe(false);
  });
});
