import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { IsInstant } from './instant';

class Query {
  @IsInstant()
  at!: Date;
}

function read(at: unknown): Date | undefined {
  const query = plainToInstance(Query, { at });
  return validateSync(query).length === 0 ? query.at : undefined;
}

describe('an instant a caller names', () => {
  it.each([
    ['2026-11-22T00:00:00.000Z', '2026-11-22T00:00:00.000Z'],
    ['2026-11-22T07:30+07:00', '2026-11-22T00:30:00.000Z'],
    ['2028-02-29T23:59:59Z', '2028-02-29T23:59:59.000Z'],
  ])('%s is understood', (text, instant) => expect(read(text)?.toISOString()).toBe(instant));

  it.each([
    '2026-02-30T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-22T25:00:00Z',
    '2026-11-22T00:00:00',
    '2026-11-22',
    'yesterday',
    '',
    1_795_305_600_000,
  ])('%j is refused', (text) => expect(read(text)).toBeUndefined());
});
