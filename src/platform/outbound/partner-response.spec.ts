import { formOf, jsonOf, retryAfterSeconds, textOf } from './partner-response';

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

describe('An answer in the log', () => {
  it.each([
    ['', 'HTTP 200, empty'],
    [' <!DOCTYPE html><p>Budi', 'HTTP 200, HTML'],
    [json, 'HTTP 200, JSON'],
    ['\ufeff{}', 'HTTP 200, JSON'],
    ['{"name":"SI', 'HTTP 200, not JSON'],
  ])('%j is %s', (body, form) => {
    expect(formOf({ status: 200, headers: {}, body: Buffer.from(body) })).toBe(form);
  });
});

const NOW = Date.parse('2026-11-22T03:00:00Z');
const at = (seconds: number): string => new Date(NOW + seconds * 1000).toUTCString();

describe('What a partner asks for with Retry-After', () => {
  it.each([
    ['0', 0],
    ['7', 7],
    [' 7 ', 7],
    ['1.2', 2],
    ['3600', 3_600],
    ['86400', 3_600],
    ['999999999999', 3_600],
    ['9'.repeat(400), 3_600],
  ])('%s seconds are %d at most', (wish, seconds) => {
    expect(retryAfterSeconds({ 'retry-after': wish }, NOW)).toBe(seconds);
  });

  it('is a date as well, with and without one of its own', () => {
    expect(retryAfterSeconds({ 'retry-after': at(30) }, NOW)).toBe(30);
    expect(retryAfterSeconds({ 'retry-after': at(30), date: 'yesterday' }, NOW)).toBe(30);
    expect(retryAfterSeconds({ 'retry-after': at(86_400) }, NOW)).toBe(3_600);
    // The partner's clock is ten minutes ahead of ours.
    expect(retryAfterSeconds({ 'retry-after': at(630), date: at(600) }, NOW)).toBe(30);
    expect(retryAfterSeconds({ 'retry-after': 'Sunday, 22-Nov-26 03:00:30 GMT' }, NOW)).toBe(30);
    expect(retryAfterSeconds({ 'retry-after': 'Sun Nov 22 03:00:30 2026 GMT' }, NOW)).toBe(30);
  });

  it.each(['', '-5', 'soon', '5 minutes', '1e3', at(-30)])('is nothing when it is "%s"', (wish) => {
    expect(retryAfterSeconds({ 'retry-after': wish }, NOW)).toBeUndefined();
  });

  it('is nothing when there is none', () => {
    expect(retryAfterSeconds({}, NOW)).toBeUndefined();
  });
});
