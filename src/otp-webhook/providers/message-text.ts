/** The code is letters and digits only, the unit's name comes from configuration: nothing can be injected. */
interface Code {
  readonly code: string;
  readonly secondsLeft: number;
}

interface MailText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const WORDINGS = {
  id: {
    sms: (code: string, unit: string, minutes: string) =>
      `${code} adalah kode verifikasi ${unit} Anda. Berlaku ${minutes}. Jangan berikan kode ini kepada siapa pun.`,
    // Without the code: subjects show on locked screens.
    subject: (unit: string) => `Kode verifikasi ${unit}`,
    intro: (unit: string) => `Kode verifikasi Anda untuk masuk ke ${unit}:`,
    expiry: (minutes: string) => `Kode ini berlaku ${minutes}.`,
    warning: 'Jangan berikan kode ini kepada siapa pun, termasuk yang mengaku sebagai petugas kami.',
    ignore: 'Jika Anda tidak meminta kode ini, abaikan pesan ini.',
    minutes: (count: number) => `${count} menit`,
  },
  en: {
    sms: (code: string, unit: string, minutes: string) =>
      `${code} is your ${unit} verification code. Valid for ${minutes}. Do not share this code with anyone.`,
    subject: (unit: string) => `${unit} verification code`,
    intro: (unit: string) => `Your code to sign in to ${unit}:`,
    expiry: (minutes: string) => `This code is valid for ${minutes}.`,
    warning: 'Do not share this code with anyone, not even with someone who claims to be our staff.',
    ignore: 'If you did not ask for this code, ignore this message.',
    minutes: (count: number) => (count === 1 ? '1 minute' : `${count} minutes`),
  },
};

/** Language of messages to people (`BU_<BU>_OTP_LANGUAGE`). */
export type Language = keyof typeof WORDINGS;

/** Messages in one unit's language and name; `suffix` is the last line of each SMS, `BU_<BU>_SMS_SUFFIX`. */
export class MessageTexts {
  readonly #wording;

  constructor(
    private readonly unit: {
      readonly language: Language;
      readonly unitName: string;
      readonly suffix?: string | undefined;
    },
  ) {
    this.#wording = WORDINGS[unit.language];
  }

  /** Plain ASCII for an ASCII unit name, so that it fits one segment. */
  sms({ code, secondsLeft }: Code): string {
    const { unitName, suffix } = this.unit;
    const text = this.#wording.sms(code, unitName, this.#minutes(secondsLeft));
    return suffix === undefined ? text : `${text}\n${suffix.replaceAll('{{code}}', code)}`;
  }

  /** As text and HTML: says who asked, holds no link and nothing to load. */
  mail({ code, secondsLeft }: Code): MailText {
    const { language, unitName } = this.unit;
    const { warning, ignore, ...wording } = this.#wording;
    const subject = wording.subject(unitName);
    const intro = wording.intro(unitName);
    const expiry = wording.expiry(this.#minutes(secondsLeft));
    return {
      subject,
      text: `${intro}\n\n${code}\n\n${expiry} ${warning}\n\n${ignore}\n`,
      html: [
        `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>${escape(subject)}</title></head>`,
        '<body style="font-family:sans-serif;color:#222;line-height:1.5">',
        `<p>${escape(intro)}</p>`,
        `<p style="font-size:28px;letter-spacing:4px;font-weight:bold">${escape(code)}</p>`,
        `<p>${escape(expiry)} ${escape(warning)}</p>`,
        `<p style="color:#666">${escape(ignore)}</p></body></html>`,
      ].join('\n'),
    };
  }

  /** Whole minutes, rounded, never "0 minutes": a code with less than that is not sent any more. */
  #minutes(secondsLeft: number): string {
    return this.#wording.minutes(Math.max(1, Math.round(secondsLeft / 60)));
  }
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
