import type { Identity } from '../../kyc-ledger';
import { isKnownProvince, normaliseNik, readKtpDate, readNik } from '../../platform/indonesia';

/** The card as GTF read it, in GTF's field names and words. */
export type KtpData = Readonly<Record<string, string>>;

/** Something odd about the card, shown to the back office. Never a reason to refuse (gtf.md §7.19). */
export type KtpFlag =
  | 'nik_unreadable'
  | 'nik_impossible'
  | 'nik_corrected'
  | 'nik_province_unknown'
  | 'nik_serial_zero'
  | 'nik_birth_date_differs'
  | 'nik_sex_differs'
  | 'date_of_birth_unreadable'
  | 'under_17'
  | `${VocabularyField}_unfamiliar`;

/** How the person can be reached, as the business unit knows it. */
export interface Contact {
  readonly phoneNumber: string | null;
  readonly email: string | null;
}

/** An identity out of a card, and what is odd about it. */
export interface ReadCard {
  readonly identity: Identity;
  readonly flags: readonly KtpFlag[];
}

/** Reads the card as GTF hands it over. @param at when it was read: the age is the one at that time */
export function readCard(ktp: KtpData, { email, phoneNumber }: Contact, at: Date): ReadCard {
  const nik = ktp['nik'] === undefined ? undefined : normaliseNik(ktp['nik']);
  const dateOfBirth = ktp['dateOfBirth'] === undefined ? undefined : readKtpDate(ktp['dateOfBirth']);
  return {
    identity: {
      fullName: ktp['name'] ?? null,
      nik: nik ?? null,
      dateOfBirth: dateOfBirth ?? null,
      email,
      phoneNumber,
      ktp,
    },
    flags: [...nikFlags(ktp, nik, dateOfBirth), ...dateFlags(ktp, dateOfBirth, at), ...wordFlags(ktp)],
  };
}

function nikFlags(ktp: KtpData, nik: string | undefined, dateOfBirth: string | undefined): KtpFlag[] {
  const written = ktp['nik'];
  if (written === undefined) return [];
  if (nik === undefined) return ['nik_unreadable'];
  const corrected = flag('nik_corrected', nik !== written);
  const read = readNik(nik);
  if (read === undefined) return [...corrected, 'nik_impossible'];
  const sex = SEXES.get(letters(ktp['gender'] ?? ''));
  return [
    ...corrected,
    ...flag('nik_province_unknown', !isKnownProvince(read.province)),
    ...flag('nik_serial_zero', read.serial === '0000'),
    ...flag('nik_birth_date_differs', dateOfBirth !== undefined && !read.birthDates.includes(dateOfBirth)),
    ...flag('nik_sex_differs', sex !== undefined && sex !== read.sex),
  ];
}

const KTP_AGE_YEARS = 17;

function dateFlags(ktp: KtpData, dateOfBirth: string | undefined, at: Date): KtpFlag[] {
  if (ktp['dateOfBirth'] === undefined) return [];
  if (dateOfBirth === undefined) return ['date_of_birth_unreadable'];
  const [year = 0, ...rest] = dateOfBirth.split('-');
  const seventeenth = `${Number(year) + KTP_AGE_YEARS}-${rest.join('-')}`;
  // A hint and no refusal: married people hold a card before they are 17.
  return flag('under_17', seventeenth > at.toISOString().slice(0, 10));
}

/** GTF writes `male | female`, the card LAKI-LAKI / PEREMPUAN. */
const SEXES: ReadonlyMap<string, 'male' | 'female'> = new Map([
  ['MALE', 'male'],
  ['FEMALE', 'female'],
  ['LAKILAKI', 'male'],
  ['PEREMPUAN', 'female'],
]);
/** Among them blank and `-`, which are an answer too. */
const BLOOD_TYPE = /^(?:-*|(?:A|B|AB|O)[+-]?)$/i;
const RELIGIONS = wordsOf(`
  ISLAM KRISTEN KRISTENPROTESTAN PROTESTAN KATOLIK KATHOLIK KRISTENKATOLIK HINDU BUDHA BUDDHA KONGHUCU KHONGHUCU
  KEPERCAYAAN KEPERCAYAANTERHADAPTUHANYME KEPERCAYAANTERHADAPTUHANYANGMAHAESA`);
const MARITAL_STATUSES = wordsOf('BELUMKAWIN KAWIN KAWINTERCATAT KAWINBELUMTERCATAT CERAIHIDUP CERAIMATI');
const CITIZENSHIPS = wordsOf('WNI INDONESIA WNA');

/** Card fields whose words are known (gtf.md §9.3). */
type VocabularyField = 'gender' | 'bloodType' | 'religion' | 'maritalStatus' | 'citizenship';
const IS_KNOWN: Readonly<Record<VocabularyField, (word: string) => boolean>> = {
  gender: (word) => SEXES.has(letters(word)),
  bloodType: (word) => BLOOD_TYPE.test(word.trim()) || letters(word) === 'TIDAKTAHU',
  // The field stayed blank for believers before 2017.
  religion: (word) => letters(word) === '' || RELIGIONS.has(letters(word)),
  maritalStatus: (word) => MARITAL_STATUSES.has(letters(word)),
  citizenship: (word) => CITIZENSHIPS.has(letters(word)),
};

function wordFlags(ktp: KtpData): KtpFlag[] {
  return (Object.keys(IS_KNOWN) as VocabularyField[]).flatMap((field) => {
    const word = ktp[field];
    return word === undefined ? [] : flag(`${field}_unfamiliar`, !IS_KNOWN[field](word));
  });
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** Upper case, letters only: spelling, spaces and dashes differ from card to card. */
function letters(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^A-Z]/g, '');
}

function flag(name: KtpFlag, set: boolean): KtpFlag[] {
  return set ? [name] : [];
}
