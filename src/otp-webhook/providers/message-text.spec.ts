import fc from 'fast-check';
import { type Language, MessageTexts } from './message-text';

const LANGUAGES: readonly Language[] = ['id', 'en'];
const data = { code: '042137', secondsLeft: 179.6 };

function texts(language: Language, more: { unitName?: string; suffix?: string } = {}): MessageTexts {
  return new MessageTexts({ language, unitName: 'Nanovest', ...more });
}

describe('A message with a code', () => {
  it.each(LANGUAGES)('(%s) holds the code, the unit’s name and the minutes left', (language) => {
    const mail = texts(language).mail(data);
    for (const text of [texts(language).sms(data), mail.text, mail.html])
      for (const part of ['042137', 'Nanovest', '3 m']) expect(text).toContain(part);
  });

  it.each(LANGUAGES)(
    '(%s) never shows the code in a subject, holds no link and loads nothing',
    (language) => {
      const mail = texts(language).mail(data);
      expect(mail.subject).not.toContain('042137');
      expect(`${texts(language).sms(data)}${mail.text}${mail.html}`).not.toMatch(/https?:|href|src=|www\./i);
    },
  );

  it.each(LANGUAGES)('(%s) fits one SMS', (language) => {
    const text = texts(language).sms({ ...data, code: '0123456789' });
    expect(text).toMatch(/^[\x20-\x7e]*$/);
    expect(text.length).toBeLessThanOrEqual(160);
  });

  it('by SMS ends with the unit’s own line, where there is one', () => {
    const plain = texts('id').sms(data);
    expect(texts('id', { suffix: '@nanovest.example #{{code}}' }).sms(data)).toBe(
      `${plain}\n@nanovest.example #042137`,
    );
    expect(texts('id', { suffix: 'FA+9qCX9VSu' }).sms(data)).toBe(`${plain}\nFA+9qCX9VSu`);
  });

  it('speaks of one minute, never of none', () => {
    expect(texts('en').sms({ ...data, secondsLeft: 6 })).toContain('Valid for 1 minute.');
    expect(texts('id').sms({ ...data, secondsLeft: 95 })).toContain('Berlaku 2 menit.');
  });

  it('is not changed in structure by anything in the unit’s name', () => {
    const plain = texts('en', { unitName: 'X' }).mail(data).html;
    fc.assert(
      fc.property(fc.string(), (unitName) => {
        const { html } = texts('en', { unitName }).mail(data);
        expect(html.match(/<[^>]*>/g)).toEqual(plain.match(/<[^>]*>/g));
      }),
    );
  });
});
