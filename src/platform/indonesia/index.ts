export { isCalendarDate, isPastDate } from './calendar-date';
export { EMAIL_ADDRESS, isEmailAddress } from './email-address';
export { IDENTIFIER_SCHEMA } from './identifier';
export { normalisePhoneNumber } from './phone-number';
export {
  IsDateOfBirth,
  IsCalendarDate,
  IsEmailAddress,
  IsIdentifier,
  IsLine,
  IsMobileNumber,
  IsNik,
  IsPersonName,
  MOBILE_NUMBERS,
} from './validators';
export { readKtpDate } from './ktp-date';
export { isKnownProvince, normaliseNik, readNik } from './nik';
