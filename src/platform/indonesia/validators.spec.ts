import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { readNik } from './nik';
import { normalisePhoneNumber } from './phone-number';
import {
  IsDateOfBirth,
  IsLine,
  IsMobileNumber,
  IsNik,
  IsPersonName,
  MOBILE_NUMBERS,
  NIK,
} from './validators';

class Form {
  @IsPersonName()
  name!: unknown;
}

const read = (name: unknown): { name: unknown; refused: boolean } => {
  const form = plainToInstance(Form, { name });
  return { name: form.name, refused: validateSync(form).length > 0 };
};

describe("a person's name", () => {
  it('may be anything people are called, in any script', () => {
    for (const name of [
      'BUDI SANTOSO',
      "Ma'ruf",
      'I Gusti Ngurah (Rai)',
      'Nguyễn Thị Hương',
      'R. M. A.',
      'A',
    ])
      expect(read(name)).toEqual({ name, refused: false });
  });

  it('loses the blanks around it', () => {
    expect(read('  Siti \t')).toEqual({ name: 'Siti', refused: false });
  });

  it('is not blank, longer than 200 characters, or no text at all', () => {
    for (const name of ['', '   ', 'x'.repeat(201), 5, null, undefined, ['Budi'], { a: 1 }])
      expect(read(name).refused).toBe(true);
    expect(read('x'.repeat(200)).refused).toBe(false);
  });

  it('is on one line and holds no control character', () => {
    const control = fc.integer({ min: 0, max: 0x9f }).filter((code) => code < 0x20 || code > 0x7e);
    fc.assert(
      fc.property(control, (code) => {
        expect(read(`Budi${String.fromCodePoint(code)}Santoso`).refused).toBe(true);
      }),
    );
  });
});

describe('what cannot be seen', () => {
  class Words {
    @IsLine(50)
    words!: unknown;
  }
  const refused = (words: string): boolean => validateSync(plainToInstance(Words, { words })).length > 0;

  it.each(['\u3164', '\u115f\u1160', '\uffa0', '\u2800', '\u034f', '\ufe0f', '\u0301', '\u200b', '\u202e'])(
    'is neither a name nor a reason: %j',
    (nothing) => {
      expect(read(nothing).refused).toBe(true);
      expect(refused(nothing)).toBe(true);
    },
  );

  it('stands in no name, and may stand in a reason', () => {
    expect(read('Budi\u3164').refused).toBe(true);
    expect(refused('KTP is unreadable ☹\ufe0f')).toBe(false);
    expect(refused('?')).toBe(false);
  });
});

describe('an identity', () => {
  class Identity {
    @IsNik()
    nik!: unknown;

    @IsDateOfBirth()
    dateOfBirth!: unknown;
  }
  const SOUND = { nik: '3171010101900001', dateOfBirth: '1990-01-01' };
  const refused = (over: object): string[] =>
    validateSync(plainToInstance(Identity, { ...SOUND, ...over })).map(({ property }) => property);
  const inDays = (days: number): string =>
    new Date(Date.now() + 7 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);

  it('is one that somebody can have', () => {
    expect(refused({})).toEqual([]);
    expect(refused({ nik: '3175014107900003', dateOfBirth: inDays(-1) })).toEqual([]);
  });

  it.each(['0000000000000000', '3171014513671234', '317101010190000', 3171010101900001, null, undefined])(
    'has no NIK like %j',
    (nik) => {
      expect(refused({ nik })).toEqual(['nik']);
    },
  );

  it.each([inDays(0), inDays(1), '2999-01-01', '1990-02-30', '01-01-1990', null, undefined])(
    'has no date of birth like %j',
    (dateOfBirth) => {
      expect(refused({ dateOfBirth })).toEqual(['dateOfBirth']);
    },
  );
});

describe('a mobile number', () => {
  class Numbers {
    @IsMobileNumber()
    any!: unknown;

    @IsMobileNumber('known')
    known!: unknown;
  }
  const refused = (number: unknown): string[] =>
    validateSync(plainToInstance(Numbers, { any: number, known: number })).map(({ property }) => property);

  it('is read in any spelling', () => {
    const { any, known } = plainToInstance(Numbers, { any: '0856-1057-3956', known: '+62 856 1057 3956' });
    expect([any, known]).toEqual(['6285610573956', '6285610573956']);
    expect(refused('085610573956')).toEqual([]);
  });

  it.each(['084512340987', '6284512340987'])('no operator owns will do only where any does: %s', (number) => {
    expect(refused(number)).toEqual(['known']);
  });

  it.each(['', '12', 'x', 6285610573956, null, ['085610573956']])('is not %j', (number) => {
    expect(refused(number)).toEqual(['any', 'known']);
  });
});

describe('what the OpenAPI document says', () => {
  const digits = (length: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^\\d{${length}}$`));

  it('of a NIK is what a NIK is', () => {
    const birth = fc
      .tuple(
        fc.integer({ min: 0, max: 99 }),
        fc.integer({ min: 0, max: 13 }),
        fc.integer({ min: 0, max: 99 }),
      )
      .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(''));
    fc.assert(
      fc.property(digits(6), birth, digits(4), (region, day, serial) => {
        const nik = region + day + serial;
        expect([nik, new RegExp(NIK).test(nik)]).toEqual([nik, readNik(nik) !== undefined]);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each(['any', 'known'] as const)('of a mobile number (%s) is read as one', (strictness) => {
    fc.assert(
      fc.property(fc.stringMatching(new RegExp(MOBILE_NUMBERS[strictness])), (text) => {
        expect([text, normalisePhoneNumber(text, strictness)]).toEqual([
          text,
          expect.stringMatching(/^628\d+$/),
        ]);
      }),
      { numRuns: 300 },
    );
  });
});
