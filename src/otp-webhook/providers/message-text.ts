/** Language of messages to people (`BU_<BU>_OTP_LANGUAGE`). */
export type Language = 'id' | 'en';

/** What a text is made of. The code is letters and digits only, the unit's name comes from configuration: nothing can be injected. */
export interface TextData {
  readonly code: string;
  readonly unitName: string;
  readonly secondsLeft: number;
}

type Code = Pick<TextData, 'code' | 'secondsLeft'>;

/** Texts in one unit's language and name. */
export interface MessageTexts {
  sms(code: Code): string;
  mail(code: Code): MailText;
}

/** `suffix`: last line of each SMS, `BU_<BU>_SMS_SUFFIX`. */
export function messageTexts(unit: {
  readonly language: Language;
  readonly unitName: string;
  readonly suffix: string | undefined;
}): MessageTexts {
  const { language, unitName, suffix } = unit;
  return {
    sms: ({ code, secondsLeft }) => smsText(language, { code, unitName, secondsLeft }, suffix),
    mail: ({ code, secondsLeft }) => mailText(language, { code, unitName, secondsLeft }),
  };
}

export interface MailText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

interface Wording {
  readonly sms: (code: string, unit: string, minutes: string) => string;
  /** Without the code: subjects show on locked screens. */
  readonly subject: (unit: string) => string;
  readonly intro: (unit: string) => string;
  readonly expiry: (minutes: string) => string;
  readonly warning: string;
  readonly ignore: string;
  readonly minutes: (count: number) => string;
}

const WORDINGS: Readonly<Record<Language, Wording>> = {
  id: {
    sms: (code, unit, minutes) =>
      `${code} adalah kode verifikasi ${unit} Anda. Berlaku ${minutes}. Jangan berikan kode ini kepada siapa pun.`,
    subject: (unit) => `Kode verifikasi ${unit}`,
    intro: (unit) => `Kode verifikasi Anda untuk masuk ke ${unit}:`,
    expiry: (minutes) => `Kode ini berlaku ${minutes}.`,
    warning: 'Jangan berikan kode ini kepada siapa pun, termasuk yang mengaku sebagai petugas kami.',
    ignore: 'Jika Anda tidak meminta kode ini, abaikan pesan ini.',
    minutes: (count) => `${count} menit`,
  },
  en: {
    sms: (code, unit, minutes) =>
      `${code} is your ${unit} verification code. Valid for ${minutes}. Do not share this code with anyone.`,
    subject: (unit) => `${unit} verification code`,
    intro: (unit) => `Your code to sign in to ${unit}:`,
    expiry: (minutes) => `This code is valid for ${minutes}.`,
    warning: 'Do not share this code with anyone, not even with someone who claims to be our staff.',
    ignore: 'If you did not ask for this code, ignore this message.',
    minutes: (count) => (count === 1 ? '1 minute' : `${count} minutes`),
  },
};

/** An SMS, plain ASCII for an ASCII unit name, so that it fits one segment. `suffix`: its last line, `BU_<BU>_SMS_SUFFIX`. */
export function smsText(language: Language, data: TextData, suffix?: string): string {
  const wording = WORDINGS[language];
  const text = wording.sms(data.code, data.unitName, minutesLeft(wording, data));
  return suffix === undefined ? text : `${text}\n${suffix.replaceAll('{{code}}', data.code)}`;
}

/** A mail as text and HTML: says who asked, holds no link and nothing to load. */
export function mailText(language: Language, data: TextData): MailText {
  const wording = WORDINGS[language];
  const expiry = wording.expiry(minutesLeft(wording, data));
  const { code, unitName } = data;
  return {
    subject: wording.subject(unitName),
    text: `${wording.intro(unitName)}\n\n${code}\n\n${expiry} ${wording.warning}\n\n${wording.ignore}\n`,
    html: [
      `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>${escape(wording.subject(unitName))}</title></head>`,
      '<body style="font-family:sans-serif;color:#222;line-height:1.5">',
      `<p>${escape(wording.intro(unitName))}</p>`,
      `<p style="font-size:28px;letter-spacing:4px;font-weight:bold">${escape(code)}</p>`,
      `<p>${escape(expiry)} ${escape(wording.warning)}</p>`,
      `<p style="color:#666">${escape(wording.ignore)}</p></body></html>`,
    ].join('\n'),
  };
}

/** Whole minutes, rounded, never "0 minutes": a code with less than that is not sent any more. */
function minutesLeft(wording: Wording, { secondsLeft }: TextData): string {
  return wording.minutes(Math.max(1, Math.round(secondsLeft / 60)));
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
