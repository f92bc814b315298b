import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeLoopbackPort } from '../launch/free-port';
import { GatewayProcess } from '../test/support/gateway-process';
import { load } from './auth/load';
import { type Benchmark, median, medianRatio } from './benchmark';
import { MailSink } from './mail/mail-sink';
import { codeOf } from './otp/workplace';
import { openSurroundings, type Surroundings } from './surroundings';

const ROUNDS = 5;
const CODES = 1_000;
const WARM_UP = 3_000;

interface Sender {
  readonly port: number;
  readonly headers: string;
  readonly end: () => Promise<unknown>;
}

let used = 0;

/** Codes by e-mail, from the first webhook until the mail server has the last one. */
export const mail: Benchmark = {
  name: 'mail',
  title: `${CODES} codes by e-mail, from the webhook to the mail server (peer: pg-boss and nodemailer alone)`,
  async run(report) {
    const surroundings = await openSurroundings();
    const sink = await MailSink.start();
    const senders = [await gateway(surroundings, sink), await peer(surroundings, sink)] as const;
    try {
      for (const sender of senders) await deliver(sender, sink, WARM_UP);
      const [ours, theirs]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round += 1) {
        ours.push(await deliver(senders[0], sink, CODES));
        theirs.push(await deliver(senders[1], sink, CODES));
      }
      report.figure({
        what: `codes delivered by SMTP, ${CODES} at once (median of ${ROUNDS} rounds)`,
        ours: `${median(ours).toFixed(0)}/s`,
        yardstick: `${median(theirs).toFixed(0)}/s of pg-boss and nodemailer alone`,
        ratio: medianRatio(ours, theirs),
      });
    } finally {
      for (const { end } of senders) await end();
      await sink.close();
      await surroundings.close();
    }
  },
};

async function gateway({ environment, secrets }: Surroundings, sink: MailSink): Promise<Sender> {
  const process = await GatewayProcess.prepare((url) => ({
    ...environment,
    PUBLIC_URL: url,
    LOG_LEVEL: 'info',
    BU_NANOVEST_SMTP_URL: sink.url,
  }));
  await process.start();
  const credentials = Buffer.from(secrets['BU_NANOVEST_OTP_WEBHOOK_CREDENTIALS'] ?? '').toString('base64');
  return {
    port: Number(new URL(process.url).port),
    headers: `authorization: Basic ${credentials}\r\n`,
    end: () => process.end('SIGTERM'),
  };
}

async function peer({ databaseUrl }: Surroundings, sink: MailSink): Promise<Sender> {
  const port = await freeLoopbackPort();
  const child = spawn(process.execPath, ['--import', 'tsx', 'bench/mail/peer.ts'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: databaseUrl,
      SMTP_URL: sink.url,
      PORT: String(port),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  while (
    !(await fetch(`http://127.0.0.1:${port}`, { method: 'HEAD' }).then(
      () => true,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error('the peer ended while starting');
    await sleep(50);
  }
  return {
    port,
    headers: '',
    end: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** @returns codes a second */
async function deliver({ port, headers }: Sender, sink: MailSink, count: number): Promise<number> {
  const wanted = sink.taken + count;
  const requests = Array.from({ length: count }, () => {
    const number = used++;
    const body = JSON.stringify({
      identifier: `p${number}@example.org`,
      otp: codeOf(number),
      channel: 'email',
    });
    return Buffer.from(
      `POST /v1/webhooks/otp HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`,
    );
  });
  const started = performance.now();
  await load(port, requests);
  while (sink.taken < wanted) await sleep(5);
  return (count / (performance.now() - started)) * 1000;
}
