import type { Identity } from '../../kyc-ledger';
import { isKnownProvince, normaliseNik, readKtpDate, readNik } from '../../platform/indonesia';
import { readBloodType, readCitizenship, readMaritalStatus, readReligion, readSex } from './ktp-vocabulary';

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

/** Card fields whose words are known. */
type VocabularyField = 'gender' | 'bloodType' | 'religion' | 'maritalStatus' | 'citizenship';

const VOCABULARY: Readonly<Record<VocabularyField, (word: string) => string | undefined>> = {
  gender: readSex,
  bloodType: readBloodType,
  religion: readReligion,
  maritalStatus: readMaritalStatus,
  citizenship: readCitizenship,
};
const VOCABULARY_FIELDS = Object.keys(VOCABULARY) as VocabularyField[];
const KTP_AGE_YEARS = 17;

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

/** Reads the card as GTF hands it over. @param at when it was read, to judge the age */
export function readCard(ktp: KtpData, contact: Contact, at: Date): ReadCard {
  const nik = ktp['nik'] === undefined ? undefined : normaliseNik(ktp['nik']);
  const dateOfBirth = ktp['dateOfBirth'] === undefined ? undefined : readKtpDate(ktp['dateOfBirth']);
  const identity = {
    fullName: ktp['name'] ?? null,
    nik: nik ?? null,
    dateOfBirth: dateOfBirth ?? null,
    email: contact.email,
    phoneNumber: contact.phoneNumber,
    ktp,
  };
  const flags = [
    ...nikFlags(ktp, nik, dateOfBirth),
    ...dateFlags(ktp, dateOfBirth, at),
    ...VOCABULARY_FIELDS.flatMap((field): KtpFlag[] => {
      const word = ktp[field];
      return word === undefined || VOCABULARY[field](word) !== undefined ? [] : [`${field}_unfamiliar`];
    }),
  ];
  return { identity, flags };
}

function nikFlags(ktp: KtpData, nik: string | undefined, dateOfBirth: string | undefined): KtpFlag[] {
  const written = ktp['nik'];
  if (written === undefined) return [];
  if (nik === undefined) return ['nik_unreadable'];
  const corrected: KtpFlag[] = nik === written ? [] : ['nik_corrected'];
  const read = readNik(nik);
  if (read === undefined) return [...corrected, 'nik_impossible'];
  const sex = readSex(ktp['gender'] ?? '');
  return [
    ...corrected,
    ...flag('nik_province_unknown', !isKnownProvince(read.province)),
    ...flag('nik_serial_zero', read.serial === '0000'),
    ...flag('nik_birth_date_differs', dateOfBirth !== undefined && !read.birthDates.includes(dateOfBirth)),
    ...flag('nik_sex_differs', sex !== undefined && sex !== read.sex),
  ];
}

function dateFlags(ktp: KtpData, dateOfBirth: string | undefined, at: Date): KtpFlag[] {
  if (ktp['dateOfBirth'] === undefined) return [];
  if (dateOfBirth === undefined) return ['date_of_birth_unreadable'];
  const [year = 0, ...rest] = dateOfBirth.split('-');
  const seventeenth = `${Number(year) + KTP_AGE_YEARS}-${rest.join('-')}`;
  // A hint and no refusal: married people hold a card before they are 17.
  return flag('under_17', seventeenth > at.toISOString().slice(0, 10));
}

function flag(name: KtpFlag, set: boolean): KtpFlag[] {
  return set ? [name] : [];
}
