const BEGIN = '-----BEGIN ENCRYPTED MESSAGE-----';
const END = '-----END ENCRYPTED MESSAGE-----';
const COLUMNS = 76;
const LINE = new RegExp(`.{1,${COLUMNS}}`, 'g');

/**
 * Text in the Ministry's armour: base64 of RFC 2045, every line ended by CRLF, and nothing after the end tag
 * (satusehat.md §3; the official PHP library cuts by position and opens no other form).
 */
export function armour(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(LINE) ?? [];
  return [BEGIN, ...lines, END].join('\r\n');
}

/** Whether a body is meant to be an armoured message; whether it is a sound one, {@link unarmour} says. */
export function isArmoured(body: string): boolean {
  return body.trimStart().startsWith(BEGIN);
}

/**
 * The bytes in the armour; undefined when it is damaged. Lines may be of any length, end in CRLF or LF, and the last one may touch
 * the end tag. Nothing else is forgiven: base64 has exactly one spelling here, so that no edited message reads like the original.
 */
export function unarmour(message: string): Buffer | undefined {
  const text = message.trim();
  if (!text.startsWith(BEGIN) || !text.endsWith(END)) return undefined;
  if (text.length < BEGIN.length + END.length) return undefined;
  const base64 = text.slice(BEGIN.length, -END.length).replace(/\r?\n/g, '');
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : undefined;
}
