import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../test/support/eventually';
import { type EventsReceiver, startEventsReceiver } from '../../../test/support/events-receiver';
import { customer } from '../../../test/support/submission-story';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';
import { Ledger, People, type Submission } from '../../kyc-ledger';
import { Database } from '../../platform/database';
import { EventDeliveries } from '../deliveries/event-deliveries.service';
import { DeliveryRepository } from './delivery.repository';
import { EventProcessor } from './event.processor';

const UNIT = 'nanovest';
const CHOOSY = 'siminvest';
/** More than are read together. */
const MANY = 60;

let gateway: InProcessGateway;
let receiver: EventsReceiver;
let processor: EventProcessor;

beforeAll(async () => {
  receiver = await startEventsReceiver();
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  gateway = await startInProcessGateway({
    environment: {
      ROLE: 'api', // nothing is sent but by the tests
      BU_NANOVEST_EVENTS_URL: receiver.url,
      BU_NANOVEST_EVENTS_SECRETS: secret,
      BU_SIMINVEST_EVENTS_URL: receiver.url,
      BU_SIMINVEST_EVENTS_SECRETS: secret,
      BU_SIMINVEST_EVENTS_TYPES: 'kyc.verified',
    },
  });
  processor = gateway.app.get(EventProcessor, { strict: false });
});
beforeEach(() => receiver.react(() => 204));
afterAll(async () => {
  await gateway?.close();
  await receiver?.close();
});

function taken(submissionId: string, from = 0): string[] {
  const theirs = receiver.taken.slice(from).filter(({ body }) => body.data.submissionId === submissionId);
  return theirs.map(({ body }) => body.type);
}

async function jobsOf(unit: string): Promise<number> {
  return (
    await gateway.query(
      `SELECT FROM pgboss.job WHERE name = 'unit-events' AND state = 'created' AND singleton_key = $1`,
      [unit],
    )
  ).length;
}

/** A submission, without any partner. */
function opened(unit = UNIT, at = gateway): Promise<Submission> {
  const { subject, phoneNumber } = customer(unit);
  return at.app.get(Database).transaction(async (tx) => {
    const known = { businessUnit: unit, subject, phoneNumber, emailAddresses: [] };
    const person = await at.app.get(People).personOfToken(tx, known);
    const sourceKey = `story:${randomUUID()}`;
    return at.app.get(Ledger).open(tx, { person, kind: 'gtf-coe', openedBy: 'user', sourceKey, phoneNumber });
  });
}

async function verified(unit = UNIT): Promise<Submission> {
  const { businessUnit, id: submissionId } = await opened(unit);
  const sourceKey = `story:${randomUUID()}`;
  const event = { businessUnit, submissionId, type: 'kyc.verified', sourceKey, data: {} } as const;
  const { submission } = await gateway.app
    .get(Database)
    .transaction((tx) => gateway.app.get(Ledger).append(tx, event));
  return submission;
}

async function open(unit: string, count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) await opened(unit);
}

describe('a unit that is sent its events', () => {
  it('hears of an event whose next try is due though nothing else happens, by one job', async () => {
    const { id } = await opened();
    receiver.react(() => 500);
    await processor.run(UNIT);
    await gateway.query(`DELETE FROM pgboss.job WHERE name = 'unit-events'`);
    await processor.planBehind();
    expect(await jobsOf(UNIT)).toBe(0);
    await gateway.query('UPDATE event_delivery SET due_at = now()');
    for (let time = 0; time < 3; time += 1) await processor.planBehind();
    expect(await jobsOf(UNIT)).toBe(1);
    receiver.react(() => 204);
    await processor.run(UNIT);
    expect(taken(id)).toEqual(['kyc.opened']);
  });

  it('hears everything again in order, also what was forgotten or never sent', async () => {
    const { id } = await verified();
    await open(UNIT, MANY);
    await processor.run(UNIT);
    await gateway.query(
      `DELETE FROM event_delivery WHERE seq = (SELECT min(seq) FROM kyc_event WHERE submission_id = $1)`,
      [id],
    );
    const before = receiver.taken.length;
    await gateway.app.get(EventDeliveries, { strict: false }).replay(UNIT, 0);
    await processor.run(UNIT);
    expect(taken(id, before)).toEqual(['kyc.opened', 'kyc.verified']);
    const [all] = await gateway.query<{ count: number }>(
      `SELECT count(*)::int FROM kyc_event WHERE business_unit = $1`,
      [UNIT],
    );
    expect(receiver.taken.slice(before)).toHaveLength(all?.count ?? 0);
  });

  it('is sent each event once, also one whose answer comes between those of others', async () => {
    await processor.run(UNIT);
    const before = receiver.tries.length;
    const attempts = async (): Promise<number> => {
      const [row] = await gateway.query<{ count: number }>(
        'SELECT sum(jsonb_array_length(attempts))::int AS count FROM event_delivery WHERE business_unit = $1',
        [UNIT],
      );
      return row?.count ?? 0;
    };
    const attemptsBefore = await attempts();
    await open(UNIT, MANY);
    receiver.react(async () => {
      // The first answer is late: the others of its page are there, and being written down.
      if (receiver.tries.length === before + 1) await sleep(1_500);
      return 204;
    });
    await processor.run(UNIT);
    const ids = receiver.tries.slice(before).map(({ id }) => id);
    expect(ids).toHaveLength(MANY);
    expect(new Set(ids).size).toBe(MANY);
    expect((await attempts()) - attemptsBefore).toBe(MANY);
  }, 30_000);

  it('is sent an event once, though a job begins while the one before it still runs', async () => {
    const { id } = await opened();
    receiver.react(async () => {
      await sleep(300);
      return 204;
    });
    await Promise.all([processor.run(UNIT), processor.run(UNIT)]);
    expect(taken(id)).toEqual(['kyc.opened']);
  });

  it('is not held up by events that it does not want', async () => {
    await open(CHOOSY, MANY);
    const { id } = await verified(CHOOSY);
    await processor.run(CHOOSY);
    expect(taken(id)).toEqual(['kyc.verified']);
  });

  it('keeps a delivery that somebody sends again while old ones are forgotten', async () => {
    await gateway.query(
      `UPDATE event_delivery SET due_at = now() - interval '31 days', status = 'delivered'`,
    );
    const [{ id } = { id: '' }] = await gateway.query<{ id: string }>(
      'SELECT id FROM event_delivery WHERE business_unit = $1 LIMIT 1',
      [UNIT],
    );
    await gateway.app.get(Database).transaction(async (tx) => {
      const deliveries = gateway.app.get(DeliveryRepository, { strict: false });
      await deliveries.retry(tx, UNIT, id);
      await deliveries.forgetOld();
    });
    expect(await gateway.query('SELECT id, status FROM event_delivery')).toEqual([{ id, status: 'pending' }]);
  });
});

describe('a unit whose back end hangs', () => {
  it('delays nobody else’s events, though the jobs of both were waiting together', async () => {
    const hanging = await startEventsReceiver();
    hanging.react(() => 'hang');
    const { lab, database, environment } = gateway;
    const working = await startInProcessGateway({
      lab,
      database,
      environment: {
        ...environment,
        ROLE: 'all',
        BU_SIMINVEST_EVENTS_URL: hanging.url,
        BU_SIMINVEST_EVENTS_TYPES: 'kyc.',
      },
    });
    try {
      const plans = working.app.get(EventProcessor, { strict: false });
      await opened(CHOOSY, working);
      const first = await opened(UNIT, working);
      await working.app.get(Database).transaction(async (tx) => {
        for (const unit of [CHOOSY, UNIT]) await plans.plan(tx, unit);
      });
      const hears = (id: string) => (): Promise<boolean> => Promise.resolve(taken(id).length > 0);
      await eventually(() => Promise.resolve(hanging.tries.length > 0), Boolean, 30_000);
      await eventually(hears(first.id), Boolean, 30_000);
      await sleep(500); // so that the first one's job has nothing to do any more
      const second = await opened(UNIT, working);
      expect(await eventually(hears(second.id), Boolean, 30_000)).toBe(true);
      const tried = await working.query(
        `SELECT FROM event_delivery WHERE business_unit = $1 AND attempts <> '[]' AND status = 'pending'`,
        [CHOOSY],
      );
      expect(tried).toEqual([]);
    } finally {
      await hanging.close();
      await working.stop();
    }
  }, 90_000);
});
