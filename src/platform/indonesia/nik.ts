import { isCalendarDate } from './calendar-date';

type Sex = 'male' | 'female';

/** What a NIK says. All of it is a hint: a NIK keeps the region, birth date and sex of its first issue (gtf.md §9.1). */
export interface Nik {
  /** Two digits: where it was first issued. */
  readonly province: string;
  readonly sex: Sex;
  /** `YYYY-MM-DD`, one or two: the year has two digits. */
  readonly birthDates: readonly string[];
  readonly serial: string;
}

const SHAPE = /^(\d{2})\d{4}(\d{2})(\d{2})(\d{2})(\d{4})$/;
/** Women have 40 added to the day. */
const FEMALE_DAY_OFFSET = 40;
/** The 38 provinces of 2022 and later; older cards keep older district codes, so districts are never judged. */
const PROVINCES = /^(1[1-9]|21|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-6])$/;

/** Reads a NIK of 16 digits; undefined when no person can have it (the only hard rule: digits and a possible birth date). */
export function readNik(nik: string): Nik | undefined {
  const [, province, dayDigits, month, year, serial] = SHAPE.exec(nik) ?? [];
  if (province === undefined || serial === undefined) return undefined;
  const written = Number(dayDigits);
  const female = written > FEMALE_DAY_OFFSET;
  const day = String(female ? written - FEMALE_DAY_OFFSET : written).padStart(2, '0');
  const birthDates = ['20', '19']
    .map((century) => `${century}${year}-${month}-${day}`)
    .filter(isCalendarDate);
  if (birthDates.length === 0) return undefined;
  return { province, sex: female ? 'female' : 'male', birthDates, serial };
}

export function isKnownProvince(province: string): boolean {
  return PROVINCES.test(province);
}

/** Letters that text recognition takes for digits. */
const LOOKALIKES: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1', B: '8', S: '5' };

/** A NIK as text recognition hands it over, without spaces and dots and with lookalikes put right; undefined when it is none. */
export function normaliseNik(text: string): string | undefined {
  const digits = text
    .normalize('NFKC')
    .replace(/[\s.\-:]/g, '')
    .toUpperCase()
    .replace(/[OILBS]/g, (letter) => LOOKALIKES[letter] ?? letter);
  return /^\d{16}$/.test(digits) ? digits : undefined;
}
