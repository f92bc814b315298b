/** Whether the text is a day of the calendar as `YYYY-MM-DD`, without any time zone. */
export function isCalendarDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = match.slice(1).map(Number);
  if (year === undefined || month === undefined || day === undefined || year < 1900) return false;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Western Indonesia, where most people live, is at UTC+7 all year. */
const JAKARTA_OFFSET_MS = 7 * 3_600_000;

/** Whether the text is a day of the calendar before today. */
export function isPastDate(text: string, now = Date.now()): boolean {
  return isCalendarDate(text) && text < new Date(now + JAKARTA_OFFSET_MS).toISOString().slice(0, 10);
}
