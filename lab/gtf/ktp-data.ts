/** The card as GTF reads it (gtf.md §4): strings throughout, dates DD-MM-YYYY. Values of the partner's own sample. */
export const SAMPLE_KTP = {
  nik: '3208201808850001',
  name: 'JOHN DOE',
  region: 'SEMARANG',
  dateOfBirth: '18-02-1960',
  bloodType: '-',
  religion: 'KRISTEN',
  province: 'JAWA TIMUR',
  city: 'KOTA SURABAYA',
  address: 'SEMARANG SELATAN',
  district: 'WAYANG',
  town: 'BUBUTAN',
  gender: 'male',
  rt: '008',
  rw: '020',
  occupation: 'PELAJAR/MAHASISWA',
  validUntil: '',
  citizenship: 'INDONESIA',
  maritalStatus: 'BELUM KAWIN',
  issuanceDate: '28-12-2017',
};

export type KtpData = typeof SAMPLE_KTP;

export function isKtpField(name: string): name is keyof KtpData {
  return Object.hasOwn(SAMPLE_KTP, name);
}

/** Picks the card's fields out of anything with text values; empty ones count as not given. */
export function ktpFieldsOf(values: Readonly<Record<string, unknown>>): Partial<KtpData> {
  const entries = Object.entries(values).filter(
    ([name, value]) => isKtpField(name) && typeof value === 'string' && value !== '',
  );
  return Object.fromEntries(entries);
}
