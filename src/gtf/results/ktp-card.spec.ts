import { readCard } from './ktp-card';

const CONTACT = { phoneNumber: '6285610573956', email: null };
const NOW = new Date('2026-11-22T03:00:00Z');
/** The card of GTF's guide: it contradicts itself, as real ones do. */
const SAMPLE = {
  nik: '3208201808850001',
  name: 'JOHN DOE',
  dateOfBirth: '18-02-1960',
  gender: 'male',
  religion: 'KRISTEN',
  maritalStatus: 'BELUM KAWIN',
  bloodType: '-',
  citizenship: 'INDONESIA',
};

describe('the card as GTF read it', () => {
  it('becomes an identity; what is odd about it is flagged, never refused', () => {
    expect(readCard(SAMPLE, CONTACT, NOW)).toEqual({
      identity: {
        fullName: 'JOHN DOE',
        nik: '3208201808850001',
        dateOfBirth: '1960-02-18',
        email: null,
        phoneNumber: '6285610573956',
        ktp: SAMPLE,
      },
      flags: ['nik_birth_date_differs'],
    });
  });

  it.each([
    [{ nik: '3208201802600001' }, []],
    [{ nik: '3208205802600001' }, ['nik_sex_differs']],
    [{ nik: '3208205802600001', gender: 'PEREMPUAN' }, []],
    [{ nik: '9908201802600001' }, ['nik_province_unknown']],
    [{ nik: '3208201802600000' }, ['nik_serial_zero']],
    [{ nik: '3187888902845410' }, ['nik_impossible']],
    [{ nik: '32O82O18O26OOOO1' }, ['nik_corrected']],
    [{ nik: '32082018' }, ['nik_unreadable']],
    [{ nik: '3208201802600001', dateOfBirth: '31-02-1960' }, ['date_of_birth_unreadable']],
    [{ nik: '3208201802150001', dateOfBirth: '18-02-2015' }, ['under_17']],
    [
      { nik: '3208201802600001', religion: 'JEDI', gender: '?' },
      ['gender_unfamiliar', 'religion_unfamiliar'],
    ],
  ])('%j is flagged %j', (fields, flags) => {
    expect(readCard({ ...SAMPLE, ...fields }, CONTACT, NOW).flags).toEqual(flags);
  });

  it('has its words in any common spelling', () => {
    const words = {
      gender: ['male', 'LAKI-LAKI', 'Laki - Laki', 'female', 'PEREMPUAN'],
      religion: [
        'KATOLIK',
        'Katholik',
        'BUDHA',
        'BUDDHA',
        'KHONGHUCU',
        'Kepercayaan terhadap Tuhan YME',
        '-',
      ],
      maritalStatus: ['BELUM KAWIN', 'KAWIN TERCATAT', 'CERAI HIDUP', 'CERAI MATI'],
      citizenship: ['WNI', 'INDONESIA', 'WNA'],
      bloodType: ['A', 'b+', 'AB-', 'O', '-', 'TIDAK TAHU', 'TIDAKTAHU', 'TIDAK  TAHU', 'Tidak-tahu'],
    };
    for (const [field, spellings] of Object.entries(words)) {
      const flagged = (word: string): readonly string[] => readCard({ [field]: word }, CONTACT, NOW).flags;
      expect(spellings.flatMap(flagged)).toEqual([]);
      for (const word of ['CONSTRUCTOR', 'constructor', 'C'])
        expect(flagged(word)).toEqual([`${field}_unfamiliar`]);
    }
  });

  it('may hold next to nothing', () => {
    expect(readCard({ name: 'SUKARNO' }, { phoneNumber: null, email: 'a@b.example' }, NOW)).toEqual({
      identity: {
        fullName: 'SUKARNO',
        nik: null,
        dateOfBirth: null,
        email: 'a@b.example',
        phoneNumber: null,
        ktp: { name: 'SUKARNO' },
      },
      flags: [],
    });
  });
});
