import fc from 'fast-check';
import { readKtpDate } from './ktp-date';

describe('a date on a KTP', () => {
  it.each([
    ['18-02-1960', '1960-02-18'],
    ['18/02/1960', '1960-02-18'],
    ['8.2.1960', '1960-02-08'],
    [' 18 02 1960 ', '1960-02-18'],
    ['18 FEBRUARI 1960', '1960-02-18'],
    ['01 Mei 1990', '1990-05-01'],
    ['17-Agustus-1945', '1945-08-17'],
    ['5 Okt 2001', '2001-10-05'],
    ['31 DES 1999', '1999-12-31'],
  ])('%p is %s', (written, date) => {
    expect(readKtpDate(written)).toBe(date);
  });

  it.each([
    '',
    '31-02-1960',
    '1960-02-18',
    '18-13-1960',
    '18-02-60',
    '18 FOO 1960',
    'SEUMUR HIDUP',
    '18-02-1960T00:00',
  ])('%p is none', (written) => {
    expect(readKtpDate(written)).toBeUndefined();
  });

  it('never shifts by a day, whatever the time zone', () => {
    const dates = fc.date({ min: new Date('1901-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        const iso = date.toISOString().slice(0, 10);
        expect(readKtpDate(iso.split('-').reverse().join('-'))).toBe(iso);
      }),
    );
  });
});
