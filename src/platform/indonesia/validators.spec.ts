import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { IsPersonName } from './validators';

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
