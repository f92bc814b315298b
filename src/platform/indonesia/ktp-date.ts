import { isCalendarDate } from './calendar-date';

const MONTHS: Readonly<Record<string, string>> = {
  JAN: '01',
  FEB: '02',
  MAR: '03',
  APR: '04',
  MEI: '05',
  JUN: '06',
  JUL: '07',
  AGU: '08',
  AGS: '08',
  AGT: '08',
  SEP: '09',
  OKT: '10',
  NOV: '11',
  NOP: '11',
  DES: '12',
};
const NUMERIC = /^(\d{1,2}) ?[-/. ] ?(\d{1,2}) ?[-/. ] ?(\d{4})$/;
const NAMED = /^(\d{1,2})[-/. ]*([A-Za-z]{3,9})[-/. ]*(\d{4})$/;

/**
 * The date on a KTP, `DD-MM-YYYY`, as `YYYY-MM-DD`; undefined when it is none. Also with `/`, `.` or spaces and with Indonesian
 * month names, as OCR hands them over (gtf.md §9.3). Never by way of a `Date`: `18-02-1960` has no time zone.
 */
export function readKtpDate(text: string): string | undefined {
  const written = text.trim().replaceAll(/\s+/g, ' ');
  const [, day = '', month = '', year = ''] = NUMERIC.exec(written) ?? NAMED.exec(written) ?? [];
  const number = MONTHS[month.slice(0, 3).toUpperCase()] ?? month.padStart(2, '0');
  const date = `${year}-${number}-${day.padStart(2, '0')}`;
  return isCalendarDate(date) ? date : undefined;
}
