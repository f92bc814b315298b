import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Notifications } from '../../platform/database';
import { createLog } from '../../platform/logging';
import { Metrics } from '../../platform/metrics';
import type { SubmissionEvents } from '../submissions/submission-events';
import type { Submission } from '../submissions/submission.entity';
import { EventStream } from './event-stream';
import { StreamHub } from './stream-hub';

/** More than the buffers of a connection take. */
const EVENTS = 3_000;
const READ_IN_A_BEAT = 5_000_000;
const HASH = 'f'.repeat(10_000);

/** The history of a submission, and up to where it was asked for. */
class History {
  asked = 0;

  after(_submission: Submission, after: number, limit: number): Promise<object[]> {
    this.asked = after + limit;
    const count = Math.min(limit, EVENTS - after);
    return Promise.resolve(
      Array.from({ length: count }, (_, place) => ({
        seq: after + place + 1,
        type: after + place + 1 === EVENTS ? 'kyc.shared' : 'person.read',
        at: new Date(0),
        data: {},
        hash: HASH,
      })),
    );
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

describe('a browser that reads slowly', () => {
  let history: History;
  let hub: StreamHub;
  let served: ServerResponse;
  let reader: IncomingMessage;
  const server = createServer((_request, response) => {
    served = response;
    const submission = { businessUnit: 'nanovest', id: 'one', status: 'shared' } as Submission;
    hub.open(new EventStream(submission, 0, response));
  });

  beforeEach(async () => {
    history = new History();
    hub = new StreamHub(
      history as unknown as SubmissionEvents,
      {} as Notifications,
      createLog('fatal', { write: () => undefined }),
      new Metrics(),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    reader = await new Promise((resolve, reject) => {
      get({ port, agent: false }, resolve).on('error', reject);
    });
    reader.on('error', () => undefined);
    reader.pause();
    await until(() => served.writableNeedDrain);
  });
  afterEach(() => {
    reader.destroy();
    server.closeAllConnections();
    server.close();
  });

  it('gets every event, and has but a few of them in memory until then', async () => {
    const taken = (): number => (served.socket?.bytesWritten ?? 0) - (served.socket?.writableLength ?? 0);
    let atLastBeat = -1;
    const beat = (): void => {
      atLastBeat = taken();
      hub.beat();
    };
    expect(history.asked).toBeLessThan(EVENTS);
    let text = '';
    let unbeaten = 0;
    for await (const chunk of reader.setEncoding('utf8')) {
      text += chunk as string;
      unbeaten += (chunk as string).length;
      if (unbeaten < READ_IN_A_BEAT) continue;
      unbeaten = 0;
      await until(() => taken() > atLastBeat || !served.writableNeedDrain);
      beat();
    }
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toEqual(Array.from({ length: EVENTS }, (_, place) => place + 1));
  });

  it('is cut off when it took nothing between two heartbeats', async () => {
    await until(() => served.writableNeedDrain);
    hub.beat();
    expect(served.destroyed).toBe(false);
    hub.beat();
    expect(served.destroyed).toBe(true);
  });
});
