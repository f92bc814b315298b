export type Sex = 'male' | 'female';

export type BloodType = 'A' | 'B' | 'AB' | 'O' | 'unknown';
export type Religion =
  'islam' | 'protestant' | 'catholic' | 'hindu' | 'buddhist' | 'confucian' | 'belief' | 'none-given';
export type MaritalStatus = 'single' | 'married' | 'divorced' | 'widowed';
export type Citizenship = 'indonesian' | 'foreign';

const SEXES: Readonly<Record<string, Sex>> = {
  MALE: 'male',
  FEMALE: 'female',
  LAKILAKI: 'male',
  PEREMPUAN: 'female',
};
const RELIGIONS: Readonly<Record<string, Religion>> = {
  ISLAM: 'islam',
  KRISTEN: 'protestant',
  KRISTENPROTESTAN: 'protestant',
  PROTESTAN: 'protestant',
  KATOLIK: 'catholic',
  KATHOLIK: 'catholic',
  KRISTENKATOLIK: 'catholic',
  HINDU: 'hindu',
  BUDHA: 'buddhist',
  BUDDHA: 'buddhist',
  KONGHUCU: 'confucian',
  KHONGHUCU: 'confucian',
  KEPERCAYAAN: 'belief',
  KEPERCAYAANTERHADAPTUHANYME: 'belief',
  KEPERCAYAANTERHADAPTUHANYANGMAHAESA: 'belief',
  // The field stayed blank for believers before 2017.
  '': 'none-given',
};
const MARITAL_STATUSES: Readonly<Record<string, MaritalStatus>> = {
  BELUMKAWIN: 'single',
  KAWIN: 'married',
  KAWINTERCATAT: 'married',
  KAWINBELUMTERCATAT: 'married',
  CERAIHIDUP: 'divorced',
  CERAIMATI: 'widowed',
};
const CITIZENSHIPS: Readonly<Record<string, Citizenship>> = {
  WNI: 'indonesian',
  INDONESIA: 'indonesian',
  WNA: 'foreign',
};
const BLOOD_TYPE = /^(A|B|AB|O)[+-]?$/;

/** Upper case, letters only: spelling, spaces and dashes differ from card to card. */
function letters(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^A-Z]/g, '');
}

/** GTF writes `male | female`, the card LAKI-LAKI / PEREMPUAN. */
export function readSex(text: string): Sex | undefined {
  return SEXES[letters(text)];
}

export function readReligion(text: string): Religion | undefined {
  return RELIGIONS[letters(text)];
}

export function readMaritalStatus(text: string): MaritalStatus | undefined {
  return MARITAL_STATUSES[letters(text)];
}

export function readCitizenship(text: string): Citizenship | undefined {
  return CITIZENSHIPS[letters(text)];
}

/** `-` and TIDAK TAHU are an answer too. */
export function readBloodType(text: string): BloodType | undefined {
  const written = text.trim().toUpperCase();
  if (/^-*$/.test(written) || letters(written) === 'TIDAKTAHU') return 'unknown';
  return BLOOD_TYPE.exec(written)?.[1] as BloodType | undefined;
}
