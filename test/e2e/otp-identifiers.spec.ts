import { eventually } from '../support/eventually';
import { newCode, newPhone, OtpDesk } from '../support/otp-desk';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;
let desk: OtpDesk;
let mailboxes = 0;

beforeAll(async () => {
  // Many senders at once, all from one address.
  gateway = await startTestGateway({ environment: { MAX_CONNECTIONS_PER_ADDRESS: '0' } });
  desk = new OtpDesk(gateway);
});
afterAll(() => gateway.close());

/** A mailbox nobody had before; `tag`: what stands behind its plus sign. */
function newMailbox(): (tag?: string) => string {
  mailboxes += 1;
  const name = `person${mailboxes}`;
  return (tag) => `${name}${tag === undefined ? '' : `+${tag}`}@example.org`;
}

function toMail(identifier: string): { identifier: string; otp: string; channel: string } {
  return { identifier, otp: newCode(), channel: 'email' };
}

function toPhone(identifier = newPhone()): { identifier: string; otp: string; channel: string } {
  return { identifier, otp: newCode(), channel: 'sms' };
}

async function statuses(bodies: readonly object[]): Promise<number[]> {
  return Promise.all(bodies.map(async (body) => (await desk.post(body)).status));
}

describe('An identifier that cannot be one', () => {
  it.each([
    ['a domain of other letters than ASCII', 'a1@\u{1D420}mail.com'],
    ['a letter that only looks like one of ASCII', 'jane@example.\uff4frg'],
    ['half a character in the domain', '\\ud800@x.id'],
    ['half a character in the name', 'jane\\ud800@example.org'],
    ['a NUL', 'jane\\u0000@example.org'],
    ['a quoted name, which is another spelling of a mailbox', '\\"jane\\"@example.org'],
    ['a number of 15 national digits', '0859191578111456'],
    ['half a character in a number', '0812\\ud80045678901'],
  ])('is 400: %s', async (_what, identifier) => {
    const answer = await gateway.http
      .post('/v1/webhooks/otp')
      .auth('nanovest-otp', 'otp-password-of-nanovest')
      .set('content-type', 'application/json')
      .send(`{"identifier":"${identifier}","otp":"123456","channel":"email"}`);
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: 'invalid_request', error_description: expect.stringContaining('identifier') as string },
    ]);
  });

  it('costs nobody else anything, however often it is sent', async () => {
    const bad = Array.from({ length: 60 }, (_, place) => toMail(`a${place}@\u{1D420}mail.com`));
    const good = Array.from({ length: 60 }, () => toPhone());
    const [ofBad, ofGood] = await Promise.all([statuses(bad), statuses(good)]);
    expect(new Set(ofBad)).toEqual(new Set([400]));
    expect(new Set(ofGood)).toEqual(new Set([200]));
    expect((await gateway.log()).filter((line) => line.includes('unexpected error'))).toEqual([]);
  });
});

describe('A mobile number', () => {
  it.each(['08591915781114', '085919157811145', '811960456'])(
    'may be as long or short as %s',
    async (identifier) => {
      expect((await desk.post(toPhone(identifier))).status).toBe(200);
    },
  );

  it('is the same one wherever it is read', async () => {
    const id = await desk.send({ identifier: '08591915781114' });
    await desk.when(id, 'delivered');
    for (const identifier of ['08591915781114', '+62 859-1915-781114', '8591915781114'])
      expect(await desk.found(identifier)).toContainEqual(expect.objectContaining({ id }));
  });
});

describe('A code that the database refuses, for whatever reason', () => {
  it('is the only one of those of its moment that is not sent', async () => {
    await desk.sql(
      `ALTER TABLE otp_delivery ADD CONSTRAINT refused CHECK (masked_identifier <> '+6281***666')`,
    );
    const others = Array.from({ length: 80 }, () => toPhone());
    const [[refused], accepted] = await Promise.all([statuses([toPhone('6281255500666')]), statuses(others)]);
    await desk.sql('ALTER TABLE otp_delivery DROP CONSTRAINT refused');
    expect(refused).toBe(500);
    expect(new Set(accepted)).toEqual(new Set([200]));
  });
});

describe('Limits of a mailbox', () => {
  it('count all its spellings and tags together', async () => {
    const address = newMailbox();
    const spellings = [address(), address('a'), address('b').toUpperCase(), address('a+b'), address('c')];
    expect(await statuses(spellings.map(toMail))).toEqual([200, 200, 200, 200, 200]);
    for (const identifier of [address(), address('a'), address('new')]) {
      const { status, headers } = await desk.post(toMail(identifier));
      expect(status).toBe(429);
      expect(Number(headers['retry-after'])).toBeGreaterThan(590);
    }
    expect((await desk.post(toMail(newMailbox()('a')))).status).toBe(200);
  });

  it('let exactly five codes through, of fifty at once under as many tags', async () => {
    const address = newMailbox();
    const answers = await statuses(Array.from({ length: 50 }, (_, tag) => toMail(address(`t${tag}`))));
    expect(answers.filter((status) => status === 200)).toHaveLength(5);
    expect(answers.filter((status) => status === 429)).toHaveLength(45);
  });

  it('let no address supersede another one’s code, and a newer code its own', async () => {
    const address = newMailbox();
    // Mails of before must not take the faults.
    await eventually(
      () => desk.sql(`SELECT FROM otp_delivery WHERE status IN ('queued', 'sending')`),
      ({ length }) => length === 0,
    );
    gateway.lab.smtp.faults.next({ path: 'RCPT', status: 451, times: 2 });
    const [plain, tagged] = [await desk.send(toMail(address())), await desk.send(toMail(address('a')))];
    await Promise.all([desk.tried(plain, 1), desk.tried(tagged, 1)]);
    const newer = await desk.send(toMail(address('a')));
    await desk.when(tagged, 'superseded');
    await Promise.all([desk.when(plain, 'accepted'), desk.when(newer, 'accepted')]);
  });

  it('are the same for requests with a key, of which a repeat is answered from any address once', async () => {
    const address = newMailbox();
    const code = toMail(address('a'));
    const key = { 'idempotency-key': 'tagged' };
    const first = await desk.post(code, key);
    expect((await desk.post(code, key)).body).toEqual(first.body);
    expect((await desk.post({ ...code, identifier: address('b') }, key)).status).toBe(422);
  });
});

describe('One key for two codes, sent to two gateways at once', () => {
  it('is taken for one of them, and nobody else’s code waits or fails', async () => {
    const { DATA_ENCRYPTION_KEYS = '', BLIND_INDEX_KEY = '' } = gateway.environment;
    const second = await startTestGateway({
      lab: gateway.lab,
      database: gateway.database,
      environment: { DATA_ENCRYPTION_KEYS, BLIND_INDEX_KEY, MAX_CONNECTIONS_PER_ADDRESS: '0' },
    });
    const desks = [desk, new OtpDesk(second)];
    const pairs = Array.from({ length: 30 }, (_, pair) =>
      Promise.all(
        desks.map(async (one) => (await one.post(toPhone(), { 'idempotency-key': `both-${pair}` })).status),
      ),
    );
    const others = desks.map((one) =>
      Promise.all(Array.from({ length: 30 }, async () => (await one.post(toPhone())).status)),
    );
    for (const pair of await Promise.all(pairs)) expect([...pair].sort()).toEqual([200, 422]);
    expect(new Set((await Promise.all(others)).flat())).toEqual(new Set([200]));
    await second.close();
  });
});
