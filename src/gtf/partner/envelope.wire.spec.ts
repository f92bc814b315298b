import fc from 'fast-check';
import { causeOf, parseWire, publicWord, unwrap, wireSeconds, wireText } from './envelope.wire';

describe('GTF’s JSON', () => {
  it('keeps every digit of a NIK that was sent as a number', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[1-9]\d{15,24}$/), (digits) => {
        expect(parseWire(Buffer.from(`{"nik":${digits},"list":[ ${digits} ]}`))).toEqual({
          nik: digits,
          list: [digits],
        });
      }),
    );
  });

  it('is otherwise what JSON.parse makes of it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const short = text.replace(/\d{16,}/g, '7');
        expect(parseWire(Buffer.from(short))).toEqual(JSON.parse(short));
      }),
    );
  });

  it('leaves digits alone that stand in a text, also behind escaped quotes', () => {
    const value = { text: '9171010101900001 "9171010101900001" \\" 9171010101900001' };
    expect(parseWire(Buffer.from(JSON.stringify(value)))).toEqual(value);
    expect(parseWire(Buffer.from('{"price":1234567890123456.5,"big":1234567890123456e2}'))).toEqual({
      price: 1234567890123456.5,
      big: 1234567890123456e2,
    });
  });

  it('is unwrapped only when success is a boolean and data an object', () => {
    expect(unwrap({ success: true, data: { a: 1 } })).toEqual({ a: 1 });
    expect(unwrap({ success: true, data: null, a: 1 })).toEqual({ success: true, data: null, a: 1 });
    expect(unwrap({ success: 'true', data: { a: 1 } })).toEqual({ success: 'true', data: { a: 1 } });
    expect(unwrap({ data: { a: 1 } })).toEqual({ data: { a: 1 } });
  });
});

describe('a refusal of GTF', () => {
  it.each([
    [
      { success: false, errors: [{ code: '1552', cause: 'SUBMISSION_DOES_NOT_EXIST' }] },
      'SUBMISSION_DOES_NOT_EXIST',
    ],
    [{ errors: [{ code: 110, entity: 'ESIGN_ADAPTER', cause: 'UNAUTHORIZED' }] }, 'UNAUTHORIZED'],
    [{ errors: [{ code: 900 }] }, '900'],
    [{ errors: [{ code: '1', cause: 'Budi Santoso, 3175014107900003!' }] }, 'undocumented'],
    [{ errors: [] }, undefined],
    [{ errors: 'no' }, undefined],
    [{ message: 'no' }, undefined],
    [undefined, undefined],
  ])('%j is known by its cause', (body, cause) => {
    expect(causeOf(body)).toBe(cause);
  });

  it('is shown as a code or not at all', () => {
    expect(publicWord('DUKCAPIL_REJECTED')).toBe('DUKCAPIL_REJECTED');
    expect(publicWord('x'.repeat(81))).toBe('undocumented');
    expect(publicWord('<b>')).toBe('undocumented');
  });
});

describe('values on GTF’s wire', () => {
  it.each([
    ['VALID', 'VALID'],
    [110, '110'],
    [true, 'true'],
    ['', null],
    [null, null],
    [undefined, null],
    [{ a: 1 }, null],
    [['x'], null],
  ])('%j as text is %j', (value, text) => {
    expect(wireText.parse(value)).toBe(text);
  });

  it.each([
    ['3600', 3600],
    [3600, 3600],
    ['0', null],
    ['soon', null],
    [-1, null],
    [null, null],
    [{}, null],
  ])('%j as seconds is %j', (value, seconds) => {
    expect(wireSeconds.parse(value)).toBe(seconds);
  });
});
