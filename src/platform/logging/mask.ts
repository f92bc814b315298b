/** `6285610573956` → `+6285***956`: enough to recognise, too little to call. */
export function maskPhone(phone: string): string {
  const digits = phone.replace(/^\+/, '');
  return digits.length < 8 ? '***' : `+${digits.slice(0, 4)}***${digits.slice(-3)}`;
}

/** `john@example.org` → `j***@e***`. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@');
  return at < 1 ? '***' : `${firstOf(email)}***@${firstOf(email.slice(at + 1))}***`;
}

/** The first character, whole: half of a surrogate pair is no text. */
function firstOf(text: string): string {
  return Array.from(text.slice(0, 2)).at(0) ?? '';
}
