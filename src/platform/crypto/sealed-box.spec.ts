import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Secret } from '../config';
import { BlindIndex } from './blind-index';
import { KeyRing } from './key-ring';
import { seal, unseal, UnsealError } from './sealed-box';

const key = randomBytes(32);

describe('a sealed value', () => {
  it('opens where it was sealed and nowhere else', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (value, place, elsewhere) => {
        const sealed = seal(key, value, place);
        expect(unseal(key, sealed, place).toString()).toBe(Buffer.from(value).toString());
        if (elsewhere !== place) expect(() => unseal(key, sealed, elsewhere)).toThrow(UnsealError);
      }),
    );
  });

  it('does not open with any single bit changed', () => {
    const sealed = seal(key, 'KTP', 'here');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const edited = Buffer.from(sealed);
      edited.writeUInt8(edited.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => unseal(key, edited, 'here')).toThrow(UnsealError);
    }
  });

  it('does not open when it was cut short', () => {
    const sealed = seal(key, 'KTP', 'here');
    for (let length = 0; length < sealed.length; length += 1)
      expect(() => unseal(key, sealed.subarray(0, length), 'here')).toThrow(UnsealError);
  });
});

describe('a key ring', () => {
  const old = { id: 'old', key: new Secret(randomBytes(32)) };
  const current = { id: 'new', key: new Secret(randomBytes(32)) };

  it('seals with the first key and opens with all of them', () => {
    const before = new KeyRing([old]).seal('value', 'place');
    const ring = new KeyRing([current, old]);
    expect(ring.seal('value', 'place').keyId).toBe('new');
    expect(ring.unseal(before.keyId, before.sealed, 'place').toString()).toBe('value');
  });

  it('says which key is missing', () => {
    const { sealed } = new KeyRing([old]).seal('value', 'place');
    expect(() => new KeyRing([current]).unseal('old', sealed, 'place')).toThrow(
      'encryption key old is not configured',
    );
  });
});

describe('a blind index', () => {
  const index = new BlindIndex(new Secret(randomBytes(32)));

  it('is equal for equal values of one purpose only', () => {
    expect(index.digest('phone', 'nanovest', '62811')).toEqual(index.digest('phone', 'nanovest', '62811'));
    expect(index.digest('phone', 'nanovest', '62811')).not.toEqual(index.digest('nik', 'nanovest', '62811'));
  });

  it('is the same as PostgreSQL reads it', () => {
    const digest = index.digest('phone', 'nanovest', '62811');
    expect(index.digestText('phone', 'nanovest', '62811')).toBe(`\\x${digest.toString('hex')}`);
  });

  it('does not confuse where one part ends and the next begins', () => {
    expect(index.digest('p', 'ab', 'c')).not.toEqual(index.digest('p', 'a', 'bc'));
  });
});
