import fc from 'fast-check';
import { type Language, mailText, smsText } from './message-text';

const LANGUAGES: readonly Language[] = ['id', 'en'];
const data = { code: '042137', unitName: 'Nanovest', secondsLeft: 179.6 };

describe('A message with a code', () => {
  it.each(LANGUAGES)('(%s) holds the code, the unit’s name and the minutes left', (language) => {
    const mail = mailText(language, data);
    for (const text of [smsText(language, data), mail.text, mail.html])
      for (const part of ['042137', 'Nanovest', '3 m']) expect(text).toContain(part);
  });

  it.each(LANGUAGES)(
    '(%s) never shows the code in a subject, holds no link and loads nothing',
    (language) => {
      const mail = mailText(language, data);
      expect(mail.subject).not.toContain('042137');
      expect(`${smsText(language, data)}${mail.text}${mail.html}`).not.toMatch(/https?:|href|src=|www\./i);
    },
  );

  it.each(LANGUAGES)('(%s) fits one SMS', (language) => {
    const text = smsText(language, { ...data, code: '0123456789' });
    expect(text).toMatch(/^[\x20-\x7e]*$/);
    expect(text.length).toBeLessThanOrEqual(160);
  });

  it('by SMS ends with the unit’s own line, where there is one', () => {
    const plain = smsText('id', data);
    expect(smsText('id', data, '@nanovest.example #{{code}}')).toBe(`${plain}\n@nanovest.example #042137`);
    expect(smsText('id', data, 'FA+9qCX9VSu')).toBe(`${plain}\nFA+9qCX9VSu`);
  });

  it('speaks of one minute, never of none', () => {
    expect(smsText('en', { ...data, secondsLeft: 6 })).toContain('Valid for 1 minute.');
    expect(smsText('id', { ...data, secondsLeft: 95 })).toContain('Berlaku 2 menit.');
  });

  it('is not changed in structure by anything in the unit’s name', () => {
    const plain = mailText('en', { ...data, unitName: 'X' }).html;
    fc.assert(
      fc.property(fc.string(), (unitName) => {
        const { html } = mailText('en', { ...data, unitName });
        expect(html.match(/<[^>]*>/g)).toEqual(plain.match(/<[^>]*>/g));
      }),
    );
  });
});
