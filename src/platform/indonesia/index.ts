export { isCalendarDate, isPastDate } from './calendar-date';
export { normalisePhoneNumber } from './phone-number';
export { IsCalendarDate, IsDateOfBirth, IsLine, IsMobileNumber, IsNik, IsPersonName } from './validators';
export { readKtpDate } from './ktp-date';
export { readBloodType, readCitizenship, readMaritalStatus, readReligion, readSex } from './ktp-vocabulary';
export { isKnownProvince, normaliseNik, readNik } from './nik';
