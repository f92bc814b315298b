import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STATUSES } from '../records/otp-delivery.dto';
import type { Outcome } from './otp-provider';
import { classifySmtpFailure } from './smtp.wire';
import { TWILIO_OUTCOMES } from './twilio.wire';
import { META_OUTCOMES } from './whatsapp.wire';

const guide = readFileSync('docs/guides/a-code-did-not-arrive.md', 'utf8');

/** The rows of the first table under a heading, cell by cell, without the head; code marks are left out. */
function table(heading: string): string[][] {
  const start = guide.indexOf(`${heading}\n`);
  if (start < 0) throw new Error(`the guide has no "${heading}"`);
  const lines = guide.slice(start).split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const rows = lines.slice(
    first,
    lines.findIndex((line, index) => index > first && !line.startsWith('|')),
  );
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim()),
  );
}

function firstCells(heading: string): (string | undefined)[] {
  return table(heading).map(([cell]) => cell);
}

/** Everything that the module's own sources say in this way. */
function inSources(pattern: RegExp): string[] {
  const root = join('src', 'otp-webhook');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'),
  );
  return files.flatMap((name) =>
    [...readFileSync(join(root, name), 'utf8').matchAll(pattern)].map(([, found]) => found ?? ''),
  );
}

const OUTCOMES: Readonly<Record<Outcome, true>> = {
  accepted: true,
  transient: true,
  throttled: true,
  recipient: true,
  setup: true,
  spam: true,
  unknown: true,
};

describe('The guide "A code did not arrive"', () => {
  it('explains every status and every outcome, and no others', () => {
    expect(firstCells('## 2. Read its status')).toEqual([...STATUSES]);
    expect(firstCells('## 3. Read its attempts')).toEqual(['(none)', ...Object.keys(OUTCOMES)]);
  });

  it.each([
    ["### WhatsApp (Meta's codes)", META_OUTCOMES],
    ["### SMS (Twilio's codes)", TWILIO_OUTCOMES],
  ])('%s: lists every code that we know, with what it does', (heading, known) => {
    const listed = table(heading).map(([code, outcome]) => [code, outcome]);
    expect(listed).toEqual(Object.entries(known));
  });

  it('says of mail servers what is done', () => {
    const said = Object.fromEntries(table('### E-mail (SMTP)').map(([code, outcome]) => [code, outcome]));
    const judged = (responseCode: number, command: string, response = ''): string =>
      classifySmtpFailure({ responseCode, command, response, code: 'EENVELOPE' }, false).outcome;
    expect(said).toMatchObject({
      '4xx': judged(450, 'RCPT TO'),
      '550, 551, 552, 553 for RCPT': judged(551, 'RCPT TO'),
      '5xx for MAIL FROM': judged(550, 'MAIL FROM'),
      '421, 451, 550, 554 with x.7.y': judged(554, 'DATA', '554 5.7.1 no'),
      'other 5xx': judged(500, 'DATA'),
      'EAUTH, ETLS': classifySmtpFailure({ code: 'ETLS' }, false).outcome,
    });
  });

  it('knows every error code of our own, every metric and every alarm', () => {
    const ownWords = inSources(/errorCode: '([a-z_]+)'/g);
    expect(ownWords).toContain('worker_lost');
    expect(firstCells("### The gateway's own words")).toEqual(expect.arrayContaining(ownWords));
    const metrics = inSources(/name: '(otp_\w+)'/g);
    expect(firstCells('## 5. Metrics and alarms')).toEqual(metrics);
    const alarms = inSources(/\.alarm\(\s*'([^':]+)/g);
    expect(firstCells('Log lines with `"alarm":true` want somebody at once:').toSorted()).toEqual(
      alarms.toSorted(),
    );
  });
});
