import fc from 'fast-check';
import { Client } from 'pg';
import { FaultQueue } from '../../lab/faults';
import { SAMPLE_KTP } from '../../lab/gtf';
import { columns } from '../support/catalogue';
import { dump } from '../support/database-dump';
import { StreamReader } from '../support/event-stream';
import { kept, openable, unfilled } from '../support/erasure';
import { eventually } from '../support/eventually';
import { customer, type Customer, KTP } from '../support/submission-story';
import { backOffice, otpSender, UNITS } from '../support/test-gateway';
import { Canaries } from './support/canaries';
import { type Operation, type Order, RequestArbitraries, type Specials } from './support/requests';
import { SEED } from './support/runs';
import type { Schema } from './support/schema-arbitrary';
import { faults, spoiled, spokenOf } from './support/spoiled';
import { FuzzWorld } from './support/world';

/**
 * Values that nobody else has, in every place of every operation that takes any: in requests that are served, in ones that are refused,
 * and while each partner answers wrongly and repeats them. None is to be seen where no person's data and no secret belongs.
 */
const EACH = 10;
const PARTNER_TIMEOUT_MS = 1_000;
/** Each has another provider of SMS. */
const SENDERS = [...UNITS, 'raksa'];
const TIMEOUT_MS = 300_000;
/** Places that the world fills with what is served, but where anything may stand. */
const ANYTHING = ['Idempotency-Key', 'successRedirectionUrl', 'failureRedirectionUrl'];

const canaries = new Canaries();
const count = { served: 0, refused: 0, faults: 0 };
/** What was seen where it must not be. */
const seen: string[] = [];
const streams: StreamReader[] = [];
/** Places of requests, by operation and name: that can hold a canary, and that held one in a request that was served, or refused. */
const [fillable, servedWith, refusedWith] = [new Set<string>(), new Set<string>(), new Set<string>()];
const reached = new Set<string>();
/** GTF's ids. */
let submissions: string[];
let world: FuzzWorld;
let sql: Client;

const plant = (kind: string, whence: string): string => canaries.plant(kind, whence);

beforeAll(async () => {
  const who = {
    ...customer('nanovest'),
    phoneNumber: plant('phone number', 'the person'),
    name: plant('word', 'the person'),
    email: plant('e-mail address', 'the person'),
  } satisfies Customer;
  const environment = {
    ...{ LOG_LEVEL: 'trace', PARTNER_TIMEOUT_MS: String(PARTNER_TIMEOUT_MS), TRUST_PROXY: '1' },
    ...{ OTP_LIMIT_PER_PREFIX_10_MINUTES: '1000', BU_RAKSA_SMS_PROVIDER: 'http' },
    SATUSEHAT_CHALLENGE_MODE: 'sealed',
  };
  world = await FuzzWorld.create({ environment, units: SENDERS }, who);
  const { gateway, people } = world;
  sql = new Client(gateway.database.url);
  await sql.connect();
  // Codes go to a person of each unit.
  for (const unit of SENDERS.filter((one) => one !== who.unit))
    await gateway.http
      .post('/v1/common-kyc')
      .set('authorization', backOffice(unit))
      .send({
        ...{ phoneNumber: who.phoneNumber, email: who.email, fullName: plant('word', 'the person') },
        ...{ nik: plant('NIK', 'the person'), dateOfBirth: plant('date of birth', 'the person') },
      })
      .expect(202);
  const { rows } = await sql.query<{ id: string }>(
    `SELECT partner_submission_id AS id FROM gtf_session WHERE partner_submission_id IS NOT NULL AND business_unit = 'nanovest'`,
  );
  submissions = rows.map(({ id }) => id);
  canaries.keepSettings(gateway.environment);
  const { citizenship: _everybodys, ...card } = { ...SAMPLE_KTP, ...KTP.ktp };
  for (const [name, value] of Object.entries(card)) canaries.keep(value, `card ${name}`);
  for (const [scheme, proof] of Object.entries(people.lasting.credentials))
    canaries.keep(proof.split(' ')[1], scheme);
  for (const id of people.lasting.own)
    streams.push(
      await StreamReader.open(`${gateway.url}/v1/submissions/${id}/stream`, {
        authorization: backOffice('nanovest'),
      }),
    );
}, 120_000);
afterAll(async () => {
  await sql?.end();
  await world?.gateway.close();
}, 60_000);

/** Requests of an operation with a canary in each place that takes one and that what is served does not depend on. */
function requestsOf(operation: Operation): RequestArbitraries {
  const { operationId: id } = operation;
  const { phoneNumber, email } = world.people.lasting.person;
  const given: Specials = {
    ...world.specials(operation),
    // Codes go to people whom the gateway knows: they can be erased.
    identifier: fc.constantFrom(phoneNumber, email),
    // GTF's own; with it nothing else is corrected.
    'approveSubmission.phoneNumber': fc.constant(undefined),
    'createChallengeCode.submissionId': fc.constant(undefined),
  };
  const specials: Record<string, Specials[string]> = { ...given };
  const fill = (name: string, schema: Schema): void => {
    if ((name in given || `${id}.${name}` in given) && !ANYTHING.includes(name)) return;
    const values = canaries.for(world.schemas, schema, `${id} ${name}`);
    if (values === undefined) return;
    specials[`${id}.${name}`] = values;
    fillable.add(`${id} ${name}`);
  };
  for (const { name, schema } of operation.parameters) fill(name, schema);
  const [content] = Object.values(operation.requestBody?.content ?? {});
  const body = content === undefined ? undefined : world.schemas.resolve(content.schema);
  for (const [name, schema] of Object.entries(body?.properties ?? {})) fill(name, schema);
  if (body?.type === 'object' && body.properties === undefined) {
    specials[`${id}.body`] = fc
      .constant(body.example)
      .map((example) => spokenOf(canaries, submissions, example, `${id} body`));
    fillable.add(`${id} body`);
  }
  return new RequestArbitraries(operation, world.schemas, specials);
}

const samples = (operation: Operation, numRuns: number): Order[] =>
  fc.sample(requestsOf(operation).valid(), { numRuns, seed: SEED });

async function send(operation: Operation, order: Order, asOffice: boolean): Promise<void> {
  const { status, text } = await world.send(operation, order, asOffice);
  for (const place of canaries.whences(JSON.stringify(order)))
    if (fillable.has(place)) (status < 400 ? servedWith : refusedWith).add(place);
  if (status < 400) {
    count.served += 1;
    return;
  }
  count.refused += 1;
  look(`${operation.operationId} answers ${status}`, text);
}

function look(where: string, text: string): void {
  seen.push(...canaries.seen(text).map((what) => `${where}: ${what}`));
}

/** Each partner of the lab that can fail, whatever it is called. */
function queues(): [name: string, queue: FaultQueue][] {
  return Object.entries(world.gateway.lab).flatMap(([name, partner]: [string, object]) => {
    const { faults: own, storageFaults: stored } = partner as Partial<Record<string, unknown>>;
    return [own, stored].flatMap((queue): [string, FaultQueue][] =>
      queue instanceof FaultQueue ? [[name, queue]] : [],
    );
  });
}

/** A code to the person through each provider that there is: whichever a unit has. */
async function codes(): Promise<void> {
  const { phoneNumber, email = '' } = world.people.lasting.person;
  for (const unit of SENDERS)
    for (const channel of ['sms', 'whatsapp', 'email']) {
      const identifier = channel === 'email' ? email : phoneNumber;
      const otp = plant('word', `a code by ${channel}`);
      await world.gateway.http
        .post('/v1/webhooks/otp')
        .set('authorization', otpSender(unit))
        .send({ identifier, otp, channel })
        .expect(200);
    }
  const untried = `SELECT FROM otp_delivery d WHERE status = 'sending' OR status = 'queued' AND NOT EXISTS (SELECT
    FROM otp_attempt a WHERE a.delivery_id = d.id AND a.outcome IS NOT NULL)`;
  // Where a channel is held back, nothing is tried.
  await eventually(
    () => sql.query(untried),
    ({ rowCount }) => rowCount === 0,
    3_000,
  );
}

/** Where no person's data and no secret is to be seen. */
async function places(): Promise<Readonly<Record<string, string>>> {
  const { gateway } = world;
  const feeds = SENDERS.map(async (unit) => {
    const pages: string[] = [];
    for (let after: number | undefined = 0; after !== undefined;) {
      const { body, text } = await gateway.http
        .get(`/v1/events?after=${after}&limit=100`)
        .set('authorization', backOffice(unit));
      const { data, nextAfter } = body as { data: unknown[]; nextAfter: number };
      pages.push(text);
      after = data.length === 0 ? undefined : nextAfter;
    }
    return pages.join('\n');
  });
  return {
    'the log': (await gateway.log()).join('\n'),
    'the metrics': (await gateway.http.get('/metrics')).text,
    'the feed of events': (await Promise.all(feeds)).join('\n'),
    'the signed webhooks': JSON.stringify(gateway.lab.unitBackEnd.events()),
    'the streams': JSON.stringify(streams.flatMap(({ events }) => events)),
    // Meta's own ids hold the number that a message went to. They are kept, because Meta's receipts name them, and go with the person.
    'the database and its jobs': (await dump(gateway.database.url)).replaceAll(/wamid\.[\w+/=-]+/g, ''),
  };
}

async function spoilPartners(): Promise<void> {
  const times = 1_000;
  for (const fault of Object.values(faults(canaries))) {
    const repeated = typeof fault.body === 'object' ? JSON.stringify(fault.body) : fault.body;
    for (const [name, queue] of queues())
      queue.next({ ...fault, times, ...(name === 'smtp' ? { body: repeated } : {}) });
    for (const operation of world.operations)
      for (const order of samples(operation, 1)) await send(operation, order, true);
    await codes();
    for (const [name, queue] of queues()) {
      count.faults += times - queue.pending;
      if (queue.pending < times) reached.add(name);
      queue.clear();
    }
  }
}

it(
  'what everybody sends in every way is in no error, log, metric, job or event, nor in clear in a dump',
  async () => {
    for (const operation of world.operations)
      for (const order of samples(operation, EACH))
        for (const asOffice of [false, true]) await send(operation, order, asOffice);
    for (const operation of world.operations)
      for (const order of samples(operation, 1))
        for (const wrong of spoiled(canaries, operation, order)) await send(operation, wrong, false);
    await fetch(`${world.gateway.url}/v1/${plant('word', 'no route')}?nik=${plant('NIK', 'no route')}`);
    await spoilPartners();
    const all = await places();
    for (const [where, text] of Object.entries(all)) look(where, text);
    const sizes = Object.entries(all).map(
      ([where, { length }]) => `${where} ${Math.round(length / 1024)} KiB`,
    );
    process.stdout.write(
      `${world.operations.length} operations: ${count.served} requests served, ${count.refused} refused, ${count.faults} answers of ` +
        `${reached.size} partners spoiled; canaries in ${servedWith.size} of ${fillable.size} places that were served, ` +
        `${refusedWith.size} that were refused; looked for in all errors, ${sizes.join(', ')}; seed ${SEED}\n`,
    );
    expect(seen.slice(0, 40)).toEqual([]);
    expect([...reached].sort()).toEqual([...new Set(queues().map(([name]) => name))].sort());
    expect(servedWith.size).toBeGreaterThan(0.7 * fillable.size);
  },
  TIMEOUT_MS,
);

it('of people who are erased nothing is left, in clear, sealed or in an index, in any column there is', async () => {
  // Callbacks about nobody known are kept sealed for 30 days: whose they are is not known (docs/partners/gtf.md §7).
  await sql.query('DELETE FROM gtf_callback WHERE submission_id IS NULL');
  const before = await columns(sql);
  expect(unfilled(before)).toEqual([]);
  await sql.query('UPDATE person SET retained_from = NULL'); // as if the retention period were over
  const people = await sql.query<{ unit: string; id: string }>(
    'SELECT business_unit AS unit, id FROM person WHERE erased_at IS NULL',
  );
  for (const { unit, id } of people.rows) {
    const erased = world.gateway.http.delete(`/v1/people/${id}`).set('authorization', backOffice(unit));
    expect((await erased).body).toEqual({ status: 'erased', until: null });
  }
  const after = await columns(sql);
  process.stdout.write(`${people.rows.length} people erased, ${after.length} columns looked into\n`);
  expect([openable(after), kept(before, after)]).toEqual([[], []]);
  for (const nothing of ['person WHERE wrapped_key IS NOT NULL OR erased_at IS NULL', 'person_index'])
    expect([nothing, (await sql.query(`SELECT FROM ${nothing}`)).rowCount]).toEqual([nothing, 0]);
  const { phoneNumber, email, subject } = world.people.lasting.person;
  for (const sought of [{ phoneNumber }, { email }, { subject }])
    expect(
      (
        await world.gateway.http
          .post('/v1/people/search')
          .set('authorization', backOffice('nanovest'))
          .send(sought)
      ).body,
    ).toEqual({ data: [] });
  expect(canaries.seen(await dump(world.gateway.database.url))).toEqual([]);
}, 120_000);
