import { readBloodType, readCitizenship, readMaritalStatus, readReligion, readSex } from './ktp-vocabulary';

describe('the words on a KTP', () => {
  it('are known in every common spelling', () => {
    expect(['male', 'LAKI-LAKI', 'Laki - Laki'].map(readSex)).toEqual(['male', 'male', 'male']);
    expect(['female', 'PEREMPUAN'].map(readSex)).toEqual(['female', 'female']);
    expect(['KATOLIK', 'Katholik', 'BUDHA', 'BUDDHA', 'KHONGHUCU', ''].map(readReligion)).toEqual([
      'catholic',
      'catholic',
      'buddhist',
      'buddhist',
      'confucian',
      'none-given',
    ]);
    expect(['BELUM KAWIN', 'KAWIN TERCATAT', 'CERAI HIDUP', 'CERAI MATI'].map(readMaritalStatus)).toEqual([
      'single',
      'married',
      'divorced',
      'widowed',
    ]);
    expect(['WNI', 'INDONESIA', 'WNA'].map(readCitizenship)).toEqual(['indonesian', 'indonesian', 'foreign']);
    expect(['A', 'b+', 'AB-', 'O', '-', '', 'TIDAK TAHU'].map(readBloodType)).toEqual([
      'A',
      'B',
      'AB',
      'O',
      'unknown',
      'unknown',
      'unknown',
    ]);
  });

  it('that we have never seen are not guessed', () => {
    for (const read of [readSex, readReligion, readMaritalStatus, readCitizenship, readBloodType])
      expect(read('CONSTRUCTOR')).toBeUndefined();
    expect(readSex('constructor')).toBeUndefined();
  });
});
