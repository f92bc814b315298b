import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { createTransport } from 'nodemailer';
import { PgBoss } from 'pg-boss';

/**
 * A peer: what one writes with pg-boss and nodemailer alone. No limit, no repeat, no deadline, no record of attempts, codes in clear in
 * the job table.
 */
interface Code {
  readonly identifier: string;
  readonly otp: string;
}

const QUEUE = 'codes';
const AT_ONCE = 20;

async function main(): Promise<void> {
  const boss = new PgBoss(process.env['DATABASE_URL'] ?? '');
  boss.on('error', () => undefined);
  await boss.start();
  await boss.createQueue(QUEUE);
  const transport = createTransport({ url: process.env['SMTP_URL'] ?? '', pool: true, maxConnections: 5 });
  const send = async ({ identifier, otp }: Code): Promise<void> => {
    await transport.sendMail({
      from: 'bench@example.org',
      to: identifier,
      subject: 'Code',
      text: `Code: ${otp}`,
    });
  };
  await boss.work<Code>(QUEUE, { batchSize: AT_ONCE, pollingIntervalSeconds: 0.5 }, async (jobs) => {
    await Promise.all(jobs.map(({ data }) => send(data)));
  });
  createServer((request, response) => {
    if (request.method !== 'POST') return void response.end();
    void json(request)
      .then((code) => boss.send(QUEUE, code as Code))
      .then((id) => response.end(JSON.stringify({ id, status: 'accepted' })));
  }).listen(Number(process.env['PORT']), '127.0.0.1');
}

void main();
