export { isCalendarDate, isPastDate } from './calendar-date';
export { isEmailAddress } from './email-address';
export { normalisePhoneNumber } from './phone-number';
export {
  IsDateOfBirth,
  IsCalendarDate,
  IsEmailAddress,
  IsLine,
  IsMobileNumber,
  IsNik,
  IsPersonName,
} from './validators';
export { readKtpDate } from './ktp-date';
export { readBloodType, readCitizenship, readMaritalStatus, readReligion, readSex } from './ktp-vocabulary';
export { isKnownProvince, normaliseNik, readNik } from './nik';
