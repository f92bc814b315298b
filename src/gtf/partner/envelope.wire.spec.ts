import fc from 'fast-check';
import { parseWire } from './envelope.wire';

const parse = (text: string): unknown => parseWire(Buffer.from(text));

describe('JSON from GTF', () => {
  it('keeps every digit of a NIK that came as a number', () => {
    expect(parse('{"nik":9171010101900001,"other":[ 3187888902845410 ]}')).toEqual({
      nik: '9171010101900001',
      other: ['3187888902845410'],
    });
  });

  it('leaves digits inside texts, fractions and exponents alone', () => {
    const text = '{"score":0.8758860297206551,"big":1e21,"text":"a \\"9171010101900001\\" b","n":12}';
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it('reads any JSON as a JSON reader does, but for whole numbers of 16 digits and more', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        if (/(?<![\d.])\d{16}/.test(json)) return;
        expect(parse(json)).toEqual(JSON.parse(json));
      }),
    );
  });
});
