import fc from 'fast-check';
import { isKnownProvince, normaliseNik, readNik } from './nik';

const PLACE = fc.stringMatching(/^\d{6}$/);
const SERIAL = fc.stringMatching(/^\d{4}$/);
const DATES = fc.date({ min: new Date('1927-01-01'), max: new Date('2026-11-22'), noInvalidDate: true });

describe('a NIK', () => {
  it('says where it was first issued, when its holder was born, and as what', () => {
    expect(readNik('3175014107900003')).toEqual({
      province: '31',
      sex: 'female',
      birthDates: ['2090-07-01', '1990-07-01'],
      serial: '0003',
    });
  });

  it('of any birth date can be read back', () => {
    fc.assert(
      fc.property(PLACE, DATES, fc.boolean(), SERIAL, (place, date, female, serial) => {
        const [year, month, day] = date.toISOString().slice(2, 10).split('-').map(Number);
        const digits = [(day ?? 0) + (female ? 40 : 0), month ?? 0, year ?? 0];
        const nik = place + digits.map((part) => String(part).padStart(2, '0')).join('') + serial;
        const read = readNik(nik);
        expect(read?.birthDates).toContain(date.toISOString().slice(0, 10));
        expect(read).toMatchObject({ sex: female ? 'female' : 'male', serial, province: place.slice(0, 2) });
      }),
    );
  });

  it.each([
    ['29 February of a leap year in one century only', '3175012902000001', ['2000-02-29']],
    ['29 February of no leap year', '3175012902010001', undefined],
    ['31 April', '3175013104900001', undefined],
    ['day 0', '3175010001900001', undefined],
    ['day 40', '3175014001900001', undefined],
    ['day 72', '3175017201900001', undefined],
    ['month 13', '3175010113900001', undefined],
    ['fifteen digits', '317501010190000', undefined],
    ['letters', '31750101019000O1', undefined],
  ])('%s', (_what, nik, dates) => {
    expect(readNik(nik)?.birthDates).toEqual(dates);
  });

  it('names one of 38 provinces', () => {
    const known = Array.from({ length: 100 }, (_, code) => String(code).padStart(2, '0')).filter(
      isKnownProvince,
    );
    expect(known).toHaveLength(38);
    expect(known).toEqual(expect.arrayContaining(['11', '36', '65', '76', '93', '96']));
  });

  it('is put right where text recognition takes letters for digits, and left alone where it cannot', () => {
    expect(normaliseNik('3I7S 0I41 0790 OOO3')).toBe('3175014107900003');
    expect(normaliseNik('3175.0141.0790.0003')).toBe('3175014107900003');
    expect(normaliseNik('３１７５０１４１０７９００００３')).toBe('3175014107900003');
    expect(normaliseNik('317501410790000')).toBeUndefined();
    expect(normaliseNik('31750141X7900003')).toBeUndefined();
  });
});
