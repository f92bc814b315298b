/**
 * What comes of each fault. For callers who wait (left of `keys`): `ok`, or the answer's status, whose code is the partner's (502
 * `partner_error`, 503 `partner_unavailable`, 504 `partner_timeout`, 422 `partner_refused`); `7s` is the pause that the partner asked for.
 * For what the gateway does by itself: what its first try came to (docs/guides/a-code-did-not-arrive.md §3; `later`: tried again; a
 * status is the one recorded), and `failed` where that is the end.
 */
const TABLE = `
                                | userinfo | kyc read | partners | upload | confirm | keys  | kyc store | otp            | sms http       | events
no answer in time               | 504      | 504      | 504      | 504    | 504     | later | later     | unknown        | unknown        | later
a slow drip                     | 504      | 504      | 504      | ok     | 504     | later | later     | ok             | ok             | ok
400                             | 502      | 422      | 502      | 502    | 502     | later | failed    | setup, failed  | setup, failed  | later 400
401                             | 502      | 502      | 502      | 502    | 502     | later | later     | setup, failed  | setup, failed  | later 401
404                             | 502      | 502      | 502      | 502    | 502     | later | later     | transient      | transient      | later 404
429, wait                       | 503 7s   | 503 7s   | 503 7s   | 503 7s | 503 7s  | later | later     | transient      | transient      | later 429
500                             | 502      | 502      | 502      | 502    | 502     | later | later     | transient      | transient      | later 500
503                             | 502      | 502      | 503      | 503    | 503     | later | later     | transient      | transient      | later 503
503, wait                       | 502      | 502      | 503 7s   | 503 7s | 503 7s  | later | later     | transient      | transient      | later 503
503, clock a day ahead          | 502      | 502      | 503 7s   | 503 7s | 503 7s  | later | later     | transient      | transient      | later 503
503, clock a day late           | 502      | 502      | 503 7s   | 503 7s | 503 7s  | later | later     | transient      | transient      | later 503
reset before work               | 503      | 503      | 503      | 503    | 503     | later | later     | unknown        | unknown        | later
reset before answer             | 503      | 503      | 503      | 503    | ok      | later | later     | unknown        | unknown        | later
reset in answer                 | 503      | 503      | 503      | 503    | ok      | later | later     | ok             | ok             | later
reset after answer              | ok       | ok       | ok       | ok     | ok      | ok    | ok        | ok             | ok             | ok
a truncated answer              | 502      | 502      | 502      | 503    | ok      | later | later     | ok             | ok             | later
no HTTP at all                  | 503      | 503      | 503      | 503    | 503     | later | later     | unknown        | unknown        | later
text/plain                      | ok       | ok       | ok       | ok     | ok      | ok    | ok        | ok             | ok             | ok
HTML                            | 502      | 502      | 502      | 502    | 502     | later | later     | unknown        | unknown        | ok
403 in HTML                     | 502      | 502      | 502      | 502    | 502     | later | later     | transient      | transient      | later 403
an empty 200                    | 502      | 502      | 502      | ok     | 502     | later | ok        | unknown        | ok             | ok
10 MB                           | 502      | 502      | 502      | 502    | 502     | later | later     | ok             | ok             | ok
a byte order mark               | ok       | ok       | ok       | ok     | ok      | ok    | ok        | ok             | ok             | ok
gzip                            | ok       | ok       | ok       | ok     | ok      | ok    | ok        | ok             | ok             | ok
a gzip bomb                     | 502      | 502      | 502      | 502    | 502     | later | later     | ok             | ok             | ok
a redirect                      | 502      | 502      | 502      | 502    | 502     | later | later     | setup, failed  | setup, failed  | later 307
an expired certificate          | 503      | 503      | 503      | 503    | 503     | later | later     | transient      | transient      | later
a certificate for another name  | 503      | 503      | 503      | 503    | 503     | later | later     | transient      | transient      | later
an unknown authority            | 503      | 503      | 503      | 503    | 503     | later | later     | transient      | transient      | later
a name that does not resolve    | 503      | 503      | 503      | 503    | 503     | later | later     | transient      | transient      | later
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
no greeting            | transient
421 for a greeting     | transient
554 for a greeting     | setup, failed
a web server           | transient
reset at the greeting  | transient
no answer to AUTH      | transient
454 to AUTH            | transient
535 to AUTH            | setup, failed
451 to MAIL            | transient
450 to RCPT            | transient
452 to RCPT            | transient
550 to RCPT            | recipient, failed
552 to RCPT            | recipient, failed
reset at RCPT          | transient
no answer to the mail  | unknown
451 to the mail        | transient
554 to the mail        | setup, failed
nonsense to the mail   | unknown
reset after the mail   | unknown
`;

function cellsOf(text: string): string[][] {
  const lines = text.trimEnd().split('\n').slice(1);
  return lines.map((line) => line.split('|').map((cell) => cell.trim()));
}

/** By row and fault. */
export const EXPECTED: Readonly<Record<string, Readonly<Record<string, string>>>> = (() => {
  const [[, ...columns] = [], ...faults] = cellsOf(TABLE);
  const expected: Record<string, Record<string, string>> = {
    mail: Object.fromEntries(cellsOf(MAIL).map(([fault = '', outcome = '']) => [fault, outcome])),
  };
  columns.forEach((column, index) => {
    const outcomes = Object.fromEntries(faults.map(([fault = '', ...cells]) => [fault, cells[index] ?? '']));
    for (const row of ROWS[column] ?? [column]) expected[row] = outcomes;
  });
  return expected;
})();
