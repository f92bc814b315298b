import { jsonOf, textOf } from './partner-json';

const json = '{"name":"SITI é"}';

describe('A partner’s JSON', () => {
  it.each([
    ['plainly', Buffer.from(json)],
    ['with a byte order mark', Buffer.from(`\ufeff${json}`)],
    ['with line ends around it', Buffer.from(`\r\n${json}\r\n`)],
    ['in UTF-16 with a mark', Buffer.from(`\ufeff${json}`, 'utf16le')],
    ['in UTF-16 with a mark, high byte first', Buffer.from(`\ufeff${json}`, 'utf16le').swap16()],
  ])('is read when it comes %s', (_, body) => {
    expect(jsonOf(body)).toEqual({ name: 'SITI é' });
  });

  it('is nothing when it is none', () => {
    for (const body of ['', '<html>', '{']) expect(jsonOf(Buffer.from(body))).toBeUndefined();
  });

  it('keeps text that is no JSON, without its mark', () => {
    expect(textOf(Buffer.from('\ufeff-----BEGIN ENCRYPTED MESSAGE-----'))).toBe(
      '-----BEGIN ENCRYPTED MESSAGE-----',
    );
  });
});
