import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { eventually } from '../support/eventually';
import {
  type EventsReceiver,
  isGenuine,
  type Reaction,
  type ReceivedEvent,
  startEventsReceiver,
} from '../support/events-receiver';
import { GatewayProcess } from '../support/gateway-process';
import { pick, randomFrom } from '../support/randomness';
import { backOffice, ownSettings, UNITS } from '../support/test-gateway';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../support/throwaway-postgres';

const UNIT = 'nanovest';
const EVENTS = 1_000;
const KILLS = 10;
const SEED = 19;
const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
/** Hanging costs 15 s of one of eight places. */
const REACTIONS: readonly Reaction[] = [
  ...Array.from({ length: 60 }, () => 200),
  ...Array.from({ length: 12 }, () => 500),
  ...Array.from({ length: 12 }, () => 'reset' as const),
  ...Array.from({ length: 12 }, () => 'redirect' as const),
  ...Array.from({ length: 2 }, () => 'hang' as const),
];
/** One that is refused more often would be given up, as it should. */
const MAX_REFUSALS = 6;

let server: ThrowawayPostgres;
let lab: Lab;
let receiver: EventsReceiver;
let gateways: readonly GatewayProcess[];

beforeAll(async () => {
  await buildWhenStale();
  server = await startThrowawayPostgres();
  lab = await startLab({ units: UNITS });
  receiver = await startEventsReceiver();
  const environment = {
    ...lab.environment(),
    ...ownSettings(),
    DATABASE_URL: server.postgres.url,
    LOG_LEVEL: 'fatal',
    BU_NANOVEST_EVENTS_URL: receiver.url,
    BU_NANOVEST_EVENTS_SECRETS: SECRET,
  };
  gateways = await Promise.all(
    [1, 2].map(() => GatewayProcess.prepare((url) => ({ ...environment, PUBLIC_URL: url }))),
  );
  for (const gateway of gateways) await gateway.start(); // one after the other: the first migrates
}, 180_000);
afterAll(async () => {
  await Promise.all((gateways ?? []).map((gateway) => gateway.end('SIGTERM')));
  await receiver?.close();
  await lab?.close();
  await server?.remove();
}, 60_000);

async function sql<Row extends object>(statement: string): Promise<Row[]> {
  const client = new Client(server.postgres.url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Hands in data of people, two events each, whichever gateway lives, until there are enough events. */
async function happenings(): Promise<void> {
  let acknowledged = 0;
  const hand = async (): Promise<void> => {
    while (acknowledged * 2 < EVENTS) {
      const [phone, key] = [String(10_000_000 + Math.floor(Math.random() * 8e7)), randomUUID()];
      const body = JSON.stringify({
        phoneNumber: `62811${phone}`,
        ...{ fullName: 'BUDI', nik: '3171010101900001', dateOfBirth: '1990-01-01', email: '' },
      });
      for (let number = 0; ; number += 1) {
        const answer = await fetch(`${gateways[number % gateways.length]?.url ?? ''}/v1/common-kyc`, {
          method: 'POST',
          headers: {
            authorization: backOffice(UNIT),
            'content-type': 'application/json',
            'idempotency-key': key,
          },
          body,
          signal: AbortSignal.timeout(5_000),
        }).catch(() => undefined);
        if (answer?.status === 202) break;
        await sleep(100);
      }
      acknowledged += 1;
      await sleep(400); // so that kills find them on their way
    }
  };
  await Promise.all(Array.from({ length: 8 }, hand));
}

/** The schedule, in a hurry: what is planned for later is due now. */
function hurry(): { stop(): Promise<void> } {
  let stopped = false;
  const running = (async (): Promise<void> => {
    while (!stopped) {
      await sql(`UPDATE event_delivery SET due_at = now() WHERE status = 'pending' AND due_at > now()`).catch(
        () => undefined,
      );
      await sleep(500);
    }
  })();
  return {
    stop: () => {
      stopped = true;
      return running;
    },
  };
}

async function kill(round: number): Promise<void> {
  const [first, second] = gateways;
  const victim = round % 4 === 1 ? first : second;
  if (round % 2 === 0) {
    await server.kill();
    await server.postgres.restart();
  } else {
    await victim?.end('SIGKILL');
    await victim?.start();
  }
}

describe('A unit’s back end that answers 500, hangs, resets and redirects as it likes', () => {
  it(`hears of every event while gateway and database are killed ${KILLS} times, under one id, in order`, async () => {
    const random = randomFrom(SEED);
    const refusals = new Map<string, number>();
    receiver.react(({ id }) => {
      const reaction = pick(random, REACTIONS);
      const refused = refusals.get(id) ?? 0;
      if (reaction === 200 || refused >= MAX_REFUSALS) return 200;
      refusals.set(id, refused + 1);
      return reaction;
    });
    const hurrying = hurry();
    const happening = happenings();
    for (let round = 0; round < KILLS; round += 1) {
      const before = receiver.taken.length;
      await eventually(
        () => Promise.resolve(receiver.taken.length),
        (count) => count > before + 20,
        60_000,
      );
      expect([round, receiver.taken.length]).toEqual([round, expect.any(Number)]);
      expect(receiver.taken.length).toBeGreaterThan(before + 20);
      await sleep(random() * 500);
      await kill(round);
    }
    await happening;
    const open = (): Promise<{ left: number }[]> =>
      sql(`SELECT count(*)::int AS left FROM event_endpoint e JOIN kyc_event k USING (business_unit)
        LEFT JOIN event_delivery d USING (business_unit, seq)
        WHERE business_unit = '${UNIT}' AND d.status IS DISTINCT FROM 'delivered'`);
    const count = async (): Promise<number> => (await open())[0]?.left ?? -1;
    await eventually(count, (left) => left === 0, 240_000);
    await hurrying.stop();
    print(await sql(`SELECT status, tries, count(*)::int FROM event_delivery GROUP BY 1, 2 ORDER BY 1, 2`));
    expect(await count()).toBe(0);

    const events = await sql<{ seq: number; submission_id: string | null; type: string }>(
      `SELECT seq::int, submission_id, type FROM kyc_event WHERE business_unit = '${UNIT}' ORDER BY seq`,
    );
    expect(events.length).toBeGreaterThanOrEqual(EVENTS);
    expect(receiver.tries.every((event) => isGenuine(SECRET, event))).toBe(true);
    const taken = new Map(receiver.taken.map((event) => [event.body.data.seq, event]));
    expect(events.filter(({ seq, type }) => taken.get(seq)?.body.type !== type)).toEqual([]);
    expect(oneIdEach(receiver.tries)).toBe(true);
    expect(outOfOrder(receiver.taken)).toEqual([]);
    print({ events: events.length, tries: receiver.tries.length, taken: receiver.taken.length });
  }, 900_000);
});

/** Past Jest, which keeps what tests print until they end. */
function print(found: object): void {
  process.stdout.write(`${JSON.stringify(found)}\n`);
}

/** The same event has the same id and body in every try, and no two events share one. */
function oneIdEach(tries: readonly ReceivedEvent[]): boolean {
  const said = new Map(tries.map(({ id, raw }) => [id, raw]));
  const seqs = new Set(tries.map(({ body }) => body.data.seq));
  return tries.every(({ id, raw }) => said.get(id) === raw) && seqs.size === said.size;
}

/** Events that came after a later one of their submission. */
function outOfOrder(events: readonly ReceivedEvent[]): ReceivedEvent['body'][] {
  const last = new Map<string, number>();
  return events.flatMap(({ body }) => {
    const { seq, submissionId } = body.data;
    if (submissionId === null) return [];
    const before = last.get(submissionId) ?? 0;
    last.set(submissionId, Math.max(seq, before));
    return seq < before ? [body] : [];
  });
}
