import fc from 'fast-check';
import { parseWire, refusalIn, unwrap, wireSeconds, wireText } from './envelope.wire';
import { shownReason, shownStatus } from './result.wire';

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

  it.each([
    ['a text that never ends', `"${'\\"'.repeat(500_000)}`],
    ['a text of backslashes that never ends', `"${'\\'.repeat(1_000_001)}`],
    ['many texts that never end', `"${'a"b'.repeat(300_000)}`],
    ['digits without end', '1'.repeat(1_000_000) + 'x'],
    ['lists without end', '['.repeat(1_000_000)],
  ])('is refused at once where it is %s', (_what, text) => {
    const started = performance.now();
    expect(() => parseWire(Buffer.from(text))).toThrow();
    expect(performance.now() - started).toBeLessThan(1_000);
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
    [
      { errors: [{ code: '1514', cause: 'USER_NOT_FOUND_FOR_PARTNER_BUDI_SANTOSO' }] },
      'USER_NOT_FOUND_FOR_PARTNER',
    ],
    [{ errors: [{ code: 900 }] }, '900'],
    [{ errors: [{ code: '1539', cause: 'Budi Santoso, 3175014107900003!' }] }, '1539'],
    [{ errors: [{ code: '1', cause: 'BUDI SANTOSO 3175014107900003' }] }, undefined],
    [{ errors: [{ code: '3175014107900003', cause: 'BUDI_SANTOSO' }] }, undefined],
    [{ errors: [{ code: 'BUDI' }] }, undefined],
  ])('%j is known by its cause where GTF’s pages know that', (body, cause) => {
    expect(refusalIn(Buffer.from(JSON.stringify(body)))).toEqual({ cause });
  });

  it.each([
    [{ errors: [] }],
    [{ errors: [{}] }],
    [{ errors: [{ title: 'no' }] }],
    [{ errors: 'no' }],
    [{ message: 'no' }],
    ['no'],
    [[]],
  ])('is none in %j', (body) => {
    expect(refusalIn(Buffer.from(JSON.stringify(body)))).toBeUndefined();
  });

  it.each([
    ['DUKCAPIL_REJECTED', 'DUKCAPIL_REJECTED'],
    ['MOON_PHASE_UNSUITABLE', 'MOON_PHASE_UNSUITABLE'],
    ['BUDI SANTOSO', 'undocumented'],
    ['BUDI', 'undocumented'],
    ['NIK_3175014107900003', 'undocumented'],
    ['6285610573956', 'undocumented'],
    [`A_${'B'.repeat(80)}`, 'undocumented'],
  ])('with the reason %p is shown as %p: a code or nothing', (word, shown) => {
    expect(shownReason(word)).toBe(shown);
  });

  it.each([
    ['COMPLETED', 'COMPLETED'],
    ['ON_HOLD', 'ON_HOLD'],
    ['Budi Santoso', 'undocumented'],
    ['3175014107900003', 'undocumented'],
    ['<b>', 'undocumented'],
  ])('with the status %p is shown as %p', (word, shown) => {
    expect(shownStatus(word)).toBe(shown);
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
