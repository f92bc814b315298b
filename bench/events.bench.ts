import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { type Benchmark, median, medianRatio } from './benchmark';
import { appendRate } from './ledger/appends';
import { openWorkbench } from './ledger/workbench';

const ROUNDS = 5;
const CALLERS = 24;
const SUBMISSIONS = 1_500;
const MIN_RATIO = 0.9;

export const events: Benchmark = {
  name: 'events',
  title: 'Events to a unit’s back end: what sending them costs the ledger',
  async run(report) {
    let told = 0;
    const receiver = createServer((request, response) => {
      told += 1;
      request.resume();
      request.once('end', () => response.writeHead(204).end());
    });
    await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening));
    const { port } = receiver.address() as AddressInfo;
    const workbench = await openWorkbench();
    const endpoint = {
      BU_NANOVEST_EVENTS_URL: `http://127.0.0.1:${port}/events`,
      BU_NANOVEST_EVENTS_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
    };
    try {
      await appendRate(workbench, 200, 8); // warming up
      const rates = { silent: [] as number[], sending: [] as number[] };
      // In turn, so that a busy machine slows down both; a gateway runs beside the ledger in both.
      for (let round = 0; round < ROUNDS; round += 1) {
        const [silent, sending] = [
          await beside(workbench, { ROLE: 'worker' }),
          await beside(workbench, { ROLE: 'worker', ...endpoint }),
        ];
        rates.silent.push(silent);
        rates.sending.push(sending);
      }
      report.figure({
        what: `appends while each event is sent, ${CALLERS} callers`,
        ours: `${median(rates.sending).toFixed(0)} appends/s`,
        yardstick: `${median(rates.silent).toFixed(0)} appends/s while nobody is told`,
        ratio: medianRatio(rates.sending, rates.silent),
        floor: { bound: 'at least', limit: MIN_RATIO },
      });
      report.note(`${told} events were sent`);
    } finally {
      await workbench.close();
      receiver.closeAllConnections();
      receiver.close();
    }
  },
};

async function beside(
  workbench: Awaited<ReturnType<typeof openWorkbench>>,
  own: Readonly<Record<string, string>>,
): Promise<number> {
  const gateway = await workbench.startGateway(own);
  try {
    return await appendRate(workbench, SUBMISSIONS, CALLERS);
  } finally {
    await gateway.end('SIGTERM');
  }
}
