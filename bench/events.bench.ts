import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Benchmark, median, medianRatio } from './benchmark';
import { appendRate } from './ledger/appends';
import { openWorkbench, UNIT, type Workbench } from './ledger/workbench';

const ROUNDS = 8;
const CALLERS = 24;
const SUBMISSIONS = 2_000;
const MIN_RATIO = 0.9;

export const events: Benchmark = {
  name: 'events',
  title: 'Events to a unit’s back end: what sending them costs the ledger',
  async run(report) {
    const receiver = await startReceiver();
    const workbench = await openWorkbench();
    try {
      // One gateway beside the ledger all the while. Key pairs would be made meanwhile.
      const gateway = await workbench.startGateway({
        ROLE: 'all',
        SATUSEHAT_KEY_POOL_SIZE: '0',
        BU_NANOVEST_EVENTS_URL: receiver.url,
        BU_NANOVEST_EVENTS_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
      });
      const whileSent = async (): Promise<number> => {
        receiver.isGone = false;
        await resumeSending(workbench, gateway.url);
        const rate = await appendRate(workbench, SUBMISSIONS, CALLERS);
        receiver.isGone = true;
        while ((await stoppedEndpoints(workbench)) === 0) await sleep(100);
        return rate;
      };
      const unsent = (): Promise<number> => appendRate(workbench, SUBMISSIONS, CALLERS);
      await whileSent(); // warming up
      const rates = { sent: [] as number[], unsent: [] as number[] };
      // In turn, each first every other time: a busy machine slows down both.
      for (let round = 0; round < ROUNDS; round += 1) {
        if (round % 2 === 0) rates.unsent.push(await unsent());
        rates.sent.push(await whileSent());
        if (round % 2 === 1) rates.unsent.push(await unsent());
      }
      report.figure({
        what: `appends while events are sent, ${CALLERS} callers`,
        ours: `${median(rates.sent).toFixed(0)} appends/s`,
        yardstick: `${median(rates.unsent).toFixed(0)} appends/s while nobody is told`,
        ratio: medianRatio(rates.sent, rates.unsent),
        floor: { bound: 'at least', limit: MIN_RATIO },
      });
      report.note(`${receiver.taken} events were sent, 50 a second at most`);
      await gateway.end('SIGTERM');
    } finally {
      await workbench.close();
      receiver.close();
    }
  },
};

interface Receiver {
  readonly url: string;
  readonly taken: number;
  /** Whether it answers 410, so that nothing more is sent. */
  isGone: boolean;
  close(): void;
}

async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    if (!receiver.isGone) receiver.taken += 1;
    request.resume();
    request.once('end', () => response.writeHead(receiver.isGone ? 410 : 204).end());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const receiver = {
    url: `http://127.0.0.1:${port}/events`,
    taken: 0,
    isGone: false,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return receiver;
}

/** A replay of nothing: it lets the stopped endpoint go on with what happened since it was stopped. */
async function resumeSending({ database, backOffice }: Workbench, gateway: string): Promise<void> {
  const [head] = await database.query<{ seq: string }>(
    'SELECT coalesce(max(seq), 0) AS seq FROM ledger_head WHERE business_unit = $1',
    [UNIT],
  );
  const { status } = await fetch(`${gateway}/v1/event-deliveries/replay`, {
    method: 'POST',
    headers: { authorization: backOffice, 'content-type': 'application/json' },
    body: JSON.stringify({ afterSeq: Number(head?.seq) }),
  });
  if (status !== 202) throw new Error(`a replay was ${status}`);
}

async function stoppedEndpoints({ database }: Workbench): Promise<number> {
  return (await database.query('SELECT FROM event_endpoint WHERE stopped_at IS NOT NULL')).length;
}
