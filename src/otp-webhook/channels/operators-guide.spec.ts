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
    const judged = (response: string, command: string): string =>
      classifySmtpFailure({ response, command, code: 'EENVELOPE' }, false).outcome;
    expect(said).toMatchObject({
      '4xx, x.y.z beginning with 4': judged('451 4.7.1 greylisted', 'RCPT TO'),
      'x.1.y, 5.2.1, 5.2.2': judged('556 5.1.10 no mail there', 'RCPT TO'),
      '550, 551, 552, 553 without a better x.y.z': judged('551 no', 'RCPT TO'),
      '535 and other refusals of AUTH': judged('535 no', 'AUTH PLAIN'),
      '5xx for MAIL FROM, x.1.7, x.1.8': judged('550 no', 'MAIL FROM'),
      '530, 5.7.0, "relay access denied"': judged('554 5.7.1 Relay access denied', 'RCPT TO'),
      '5.4.5 and other words of a sending quota': judged('550 5.4.5 quota', 'DATA'),
      '5xx that names spam or reputation, 5.7.y after the message': judged('554 5.7.1 no', 'DATA'),
      'other 5xx': judged('500 no', 'DATA'),
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
