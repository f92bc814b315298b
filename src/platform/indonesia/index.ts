export { isCalendarDate } from './calendar-date';
export { normalisePhoneNumber } from './phone-number';
export { IsCalendarDate, IsMobileNumber, IsNik } from './validators';
