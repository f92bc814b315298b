import { createHash, generateKeyPairSync, verify } from 'node:crypto';
import { loadSettings } from '../../platform/config';
import { cryptoSettings } from '../../platform/crypto';
import { isGenuine, LedgerSigner, readCheckpoint, readOutsideEnd, type SignedEnd } from './checkpoint';

const KEY = Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64');

function signer(): LedgerSigner {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const environment = { DATA_ENCRYPTION_KEYS: `a:${KEY}`, BLIND_INDEX_KEY: KEY, LEDGER_SIGNING_KEY: pem };
  const settings = loadSettings([cryptoSettings], [], environment).of(cryptoSettings);
  return new LedgerSigner(settings);
}

const head = { businessUnit: 'nanovest', seq: 7, hash: 'ab'.repeat(32), at: '2026-11-22T03:04:05.678Z' };

describe('a checkpoint', () => {
  let ours: LedgerSigner;
  let checkpoint: SignedEnd;
  beforeAll(() => {
    ours = signer();
    checkpoint = ours.end(head);
  });

  it('is genuine under the key that signed it, and names that key', () => {
    expect(isGenuine(checkpoint, ours.publicKey)).toBe(true);
    const der = ours.publicKey.export({ type: 'spki', format: 'der' });
    const keyId = createHash('sha256').update(der).digest('hex').slice(0, 16);
    expect([checkpoint.keyId, ours.keyId]).toEqual([keyId, keyId]);
    expect(checkpoint).toStrictEqual({ ...head, keyId, signature: expect.stringMatching(/^[0-9a-f]{128}$/) });
  });

  it('is signed in its canonical form, with its type and version: that can be verified without this program', () => {
    const { businessUnit, seq, hash, at, keyId, signature } = checkpoint;
    const signed =
      `{"at":"${at}","businessUnit":"${businessUnit}","hash":"${hash}","keyId":"${keyId}","seq":${seq},` +
      '"type":"kyc-ledger-checkpoint","version":1}';
    expect(verify(null, Buffer.from(signed), ours.publicKey, Buffer.from(signature, 'hex'))).toBe(true);
  });

  it('is not an accepted restore, nor the other way round', () => {
    const restore = ours.end(head, 'the disk was lost');
    expect(restore).toMatchObject({ ...head, reason: 'the disk was lost' });
    expect(isGenuine(restore, ours.publicKey)).toBe(true);
    const { reason, ...stripped } = restore;
    expect(isGenuine(stripped, ours.publicKey)).toBe(false);
    expect(isGenuine({ ...checkpoint, reason: String(reason) }, ours.publicKey)).toBe(false);
    const signed = Buffer.from(
      `{"at":"${head.at}","businessUnit":"nanovest","hash":"${head.hash}","keyId":"${ours.keyId}",` +
        '"reason":"the disk was lost","seq":7,"type":"kyc-ledger-restore","version":1}',
    );
    expect(verify(null, signed, ours.publicKey, Buffer.from(restore.signature, 'hex'))).toBe(true);
  });

  it('is ours only with our key’s id and signature', () => {
    expect(ours.signed(checkpoint)).toBe(true);
    expect(ours.signed({ ...checkpoint, seq: 8 })).toBe(false);
    expect(signer().signed(checkpoint)).toBe(false);
    const elsewhere = signer().end(head);
    expect(ours.signed({ ...elsewhere, keyId: ours.keyId })).toBe(false);
  });

  it('binds an export to all that it says', () => {
    const signature = Buffer.from(ours.export(checkpoint, 'cd'.repeat(32)), 'hex');
    const members = Object.entries(checkpoint).sort(([one], [other]) => (one < other ? -1 : 1));
    const signed =
      `{"checkpoint":${JSON.stringify(Object.fromEntries(members))},"contentSha256":"${'cd'.repeat(32)}",` +
      '"type":"kyc-ledger-export","version":1}';
    expect(verify(null, Buffer.from(signed), ours.publicKey, signature)).toBe(true);
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

describe('a signed end that was kept outside', () => {
  const checkpoint = { ...head, keyId: '0123456789abcdef', signature: 'cd'.repeat(64) };
  const restore = { ...checkpoint, reason: 'the disk was lost' };
  const { businessUnit: _, ...unnamed } = checkpoint;
  const event = (data: unknown, type = 'ledger.checkpoint'): string =>
    JSON.stringify({ id: '1', type, data });

  it.each([
    ['the checkpoint file', checkpoint, checkpoint],
    ['the checkpoint file, after a restore', restore, restore],
    ['the log', { level: 'info', msg: 'ledger checkpoint', ...checkpoint }, checkpoint],
    ['the log, after a restore', { msg: 'ledger restore accepted', ...restore }, restore],
    ['the file, with a reason that is no text', { ...checkpoint, reason: 5 }, checkpoint],
  ])('is read from a line of %s', (_where, line, end) => {
    expect(readCheckpoint(JSON.stringify(line))).toEqual(end);
    expect(readOutsideEnd(JSON.stringify(line))).toEqual(end);
  });

  it('is read from an event of the unit’s feed, which does not name the unit', () => {
    expect(readOutsideEnd(event({ checkpoint: unnamed }))).toEqual(unnamed);
    expect(readOutsideEnd(event({ checkpoint }))).toEqual(unnamed);
  });

  it('is none where the log says something else, or another event happened', () => {
    expect(readCheckpoint(JSON.stringify({ msg: 'request completed', ...checkpoint }))).toBeNull();
    expect(readOutsideEnd(event({ checkpoint: unnamed }, 'kyc.verified'))).toBeNull();
  });

  it.each<[string, object]>([
    ['no unit', { businessUnit: undefined }],
    ['a unit in capitals', { businessUnit: 'Nanovest' }],
    ['a unit with a blank before', { businessUnit: ' nanovest' }],
    ['a unit with a blank behind', { businessUnit: 'nanovest ' }],
    ['an empty unit', { businessUnit: '' }],
    ['no place', { seq: undefined }],
    ['a place in text', { seq: '7' }],
    ['half a place', { seq: 7.5 }],
    ['a short hash', { hash: 'a'.repeat(63) }],
    ['a long hash', { hash: 'a'.repeat(65) }],
    ['a hash in capitals', { hash: 'AB'.repeat(32) }],
    ['a hash that is a number', { hash: 5 }],
    ['a local time', { at: '2026-11-22T03:04:05+07:00' }],
    ['a time with something behind', { at: '2026-11-22T03:04:05Z ' }],
    ['a time with something before', { at: ' 2026-11-22T03:04:05Z' }],
    ['a time without a year', { at: 'nov.-22T03:04:05Z' }],
    ['a short key id', { keyId: 'a'.repeat(15) }],
    ['a long key id', { keyId: 'a'.repeat(17) }],
    ['a key id that is no hex', { keyId: 'g'.repeat(16) }],
    ['a short signature', { signature: 'a'.repeat(127) }],
    ['a long signature', { signature: 'a'.repeat(129) }],
    ['a signature that is no hex', { signature: 'g'.repeat(128) }],
  ])('is not one with %s', (_what, edit) => {
    const line = { ...checkpoint, ...edit };
    expect(() => readCheckpoint(JSON.stringify(line))).toThrow('a line holds no checkpoint');
    if (!('businessUnit' in edit))
      expect(() => readOutsideEnd(event({ checkpoint: line }))).toThrow('a line holds no checkpoint');
  });

  it('is not an event that brings none', () => {
    for (const data of [undefined, null, {}, { checkpoint: null }])
      expect(() => readOutsideEnd(event(data))).toThrow('a line holds no checkpoint');
  });
});
