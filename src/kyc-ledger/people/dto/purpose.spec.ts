import { PLAIN_WORDS } from './purpose';

describe('words that stay in the ledger in clear', () => {
  it.each([
    'audit',
    'manual-review',
    'photo unreadable',
    'Step 2: KTP differs (see case 4711)',
    'foto buram',
    'x',
    'dispute #42 – "reopened", 2nd look & 90% sure!',
    '身份证模糊',
  ])('may be: %s', (words) => expect(words).toMatch(PLAIN_WORDS));

  it.each([
    '',
    '   ',
    '#!',
    '\u3164',
    'a\u0000b',
    'a\u2028b',
    '3171010101900001',
    'call 0856 1057 3956',
    'call +62 856-1057-3956',
    'budi@example.com',
    'a\nb',
    '<b>no</b>',
    'x'.repeat(201),
  ])('may not be: %j', (words) => expect(words).not.toMatch(PLAIN_WORDS));
});
