/**
 * What comes of each fault. For callers who wait (left of `keys`): `ok`, or the answer's status, whose code is the partner's (502
 * `partner_error`, 503 `partner_unavailable`, 504 `partner_timeout`, 422 `partner_refused`); `7s` is the pause that the partner asked for.
 * For what the gateway does by itself: what its first try came to (docs/guides/a-code-did-not-arrive.md §3; `later`: tried again; a
 * status is the one recorded), and `failed` where that is the end. Wherever it fails, the log says why (docs/guides/runbooks.md).
 */
const TABLE = `
                                | the log says                    | userinfo | kyc read | partners | upload | confirm | keys  | kyc store | otp            | sms http       | events
a late answer                   |                                 | ok       | ok       | ok       | ok     | ok      | ok    | ok        | ok             | ok             | ok
no answer in time               | no answer in time               | 504      | 504      | 504      | 504    | 504     | later | later     | unknown        | unknown        | later
a slow drip                     | no answer in time               | 504      | 504      | 504      | ok     | 504     | later | later     | ok             | ok             | ok
400                             | 400                             | 502      | 422      | 502      | 502    | 502     | later | failed    | setup, failed  | setup, failed  | later 400
401                             | 401                             | 502      | 502      | 502      | 502    | 502     | later | later     | setup, failed  | setup, failed  | later 401
404                             | 404                             | 502      | 502      | 502      | 502    | 502     | later | later     | transient      | transient      | later 404
429, wait                       | 429                             | 503 7s   | 503 7s   | 503 7s   | 503 7s | 503 7s  | later | later     | transient      | transient      | later 429
500                             | 500                             | 502      | 502      | 502      | 502    | 502     | later | later     | transient      | transient      | later 500
503                             | 503                             | 502      | 502      | 503      | 503    | 503     | later | later     | transient      | transient      | later 503
503, wait                       | 503                             | 502      | 502      | 503 7s   | 503 7s | 503 7s  | later | later     | transient      | transient      | later 503
503, clock a day ahead          | 503                             | 502      | 502      | 503 7s   | 503 7s | 503 7s  | later | later     | transient      | transient      | later 503
503, clock a day late           | 503                             | 502      | 502      | 503 7s   | 503 7s | 503 7s  | later | later     | transient      | transient      | later 503
reset before work               | ECONNRESET                      | 503      | 503      | 503      | 503    | 503     | later | later     | unknown        | unknown        | later
reset before answer             | ECONNRESET                      | 503      | 503      | 503      | 503    | ok      | later | later     | unknown        | unknown        | later
reset in answer                 | ECONNRESET                      | 503      | 503      | 503      | 503    | ok      | later | later     | ok             | ok             | later
reset after answer              |                                 | ok       | ok       | ok       | ok     | ok      | ok    | ok        | ok             | ok             | ok
a truncated answer              | answer broken off / ECONNRESET  | 502      | 502      | 502      | 503    | ok      | later | later     | ok             | ok             | later
no HTTP at all                  | HPE_INVALID                     | 503      | 503      | 503      | 503    | 503     | later | later     | unknown        | unknown        | later
text/plain                      |                                 | ok       | ok       | ok       | ok     | ok      | ok    | ok        | ok             | ok             | ok
HTML                            | 200, HTML                       | 502      | 502      | 502      | 502    | 502     | later | later     | unknown        | unknown        | ok
403 in HTML                     | 403                             | 502      | 502      | 502      | 502    | 502     | later | later     | transient      | transient      | later 403
an empty 200                    | 200, empty                      | 502      | 502      | 502      | ok     | 502     | later | ok        | unknown        | ok             | ok
10 MB                           | answer too large                | 502      | 502      | 502      | 502    | 502     | later | later     | ok             | ok             | ok
a byte order mark               |                                 | ok       | ok       | ok       | ok     | ok      | ok    | ok        | ok             | ok             | ok
gzip                            |                                 | ok       | ok       | ok       | ok     | ok      | ok    | ok        | ok             | ok             | ok
a gzip bomb                     | answer too large                | 502      | 502      | 502      | 502    | 502     | later | later     | ok             | ok             | ok
a redirect                      | 307                             | 502      | 502      | 502      | 502    | 502     | later | later     | setup, failed  | setup, failed  | later 307
an expired certificate          | CERT_HAS_EXPIRED                | 503      | 503      | 503      | 503    | 503     | later | later     | transient      | transient      | later
a certificate for another name  | ERR_TLS_CERT_ALTNAME_INVALID    | 503      | 503      | 503      | 503    | 503     | later | later     | transient      | transient      | later
an unknown authority            | UNABLE_TO_VERIFY_LEAF_SIGNATURE | 503      | 503      | 503      | 503    | 503     | later | later     | transient      | transient      | later
a name that does not resolve    | ENOTFOUND                       | 503      | 503      | 503      | 503    | 503     | later | later     | transient      | transient      | later
`;

/** The rows that a column of the table speaks of, where it is not one of its own name. */
const ROWS: Readonly<Record<string, readonly string[]>> = {
  partners: [
    ...['coe user token', 'coe partner token', 'coe create', 'coe flow', 'coe status', 'coe details'],
    ...['siv token', 'siv start', 'siv details', 'satusehat token', 'validation page', 'challenge code'],
  ],
  upload: ['coe upload'],
  confirm: ['coe confirm'], // a lost answer is asked about
  otp: ['whatsapp', 'sms twilio', 'sms verihubs'],
};

/** What a mail server's words come to (contract §7.3). */
const MAIL = `
                       | the log says | mail
no greeting            | ETIMEDOUT    | transient
421 for a greeting     | 421          | transient
554 for a greeting     | 554          | setup, failed
a web server           | EPROTOCOL    | transient
reset at the greeting  | ECONNRESET   | transient
no answer to AUTH      | ETIMEDOUT    | transient
454 to AUTH            | 454          | transient
535 to AUTH            | 535          | setup, failed
451 to MAIL            | 451          | transient
450 to RCPT            | 450          | transient
452 to RCPT            | 452          | transient
550 to RCPT            | 550          | recipient, failed
552 to RCPT            | 552          | recipient, failed
reset at RCPT          | ECONNRESET   | transient
no answer to the mail  | ETIMEDOUT    | unknown
451 to the mail        | 451          | transient
554 to the mail        | 554          | setup, failed
nonsense to the mail   | EMESSAGE     | unknown
reset after the mail   | ECONNRESET   | unknown
`;

function cellsOf(text: string): string[][] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
}

/** By row and fault. */
export const EXPECTED: Readonly<Record<string, Readonly<Record<string, string>>>> = (() => {
  const expected: Record<string, Record<string, string>> = {};
  for (const [[, , ...columns] = [], ...faults] of [cellsOf(TABLE), cellsOf(MAIL)])
    columns.forEach((column, index) => {
      const outcomes = Object.fromEntries(faults.map(([fault, , ...cells]) => [fault, cells[index] ?? '']));
      for (const row of ROWS[column] ?? [column]) expected[row] = outcomes;
    });
  return expected;
})();

/** By fault: the words, one of which an operator finds in the log. */
export const CAUSES: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [TABLE, MAIL].flatMap(cellsOf).map(([fault = '', words = '']) => [fault, words.split(' / ')]),
);
