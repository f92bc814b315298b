import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { runScript } from '../support/run-script';
import { customer, KTP, openedBy, verified } from '../support/submission-story';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ environment: { LEDGER_CHECKPOINT_SECONDS: '1' } });
});
afterAll(async () => {
  await gateway?.close();
});

interface FeedEvent {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly submissionId: string | null;
  readonly personId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly hash: string;
}

interface Feed {
  readonly data: readonly FeedEvent[];
  readonly nextAfter: number;
}

async function feed(query = '', unit = 'nanovest', from = gateway.url): Promise<Feed> {
  const response = await fetch(`${from}/v1/events${query}`, { headers: { authorization: backOffice(unit) } });
  expect(response.status).toBe(200);
  return (await response.json()) as Feed;
}

/** Everything of a unit, a few at a time. */
async function all(unit = 'nanovest'): Promise<FeedEvent[]> {
  const events: FeedEvent[] = [];
  for (let page = await feed('?limit=3', unit); page.data.length > 0;) {
    events.push(...page.data);
    page = await feed(`?limit=3&after=${page.nextAfter}`, unit);
  }
  return events;
}

describe('a unit’s own back end', () => {
  it('hears of everything that happened in the unit, once, in one order, and of nothing else', async () => {
    const mine = await verified(gateway, customer());
    const others = await verified(gateway, customer('siminvest'));
    const events = await all();
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const history = await gateway.http
      .get(`/v1/submissions/${mine.id}/events`)
      .set('Authorization', backOffice('nanovest'));
    const { data } = history.body as { data: { seq: number; hash: string }[] };
    expect(events.filter(({ submissionId }) => submissionId === mine.id)).toEqual(
      data.map((event): unknown => expect.objectContaining({ ...event, personId: mine.personId })),
    );
    const text = JSON.stringify(events);
    for (const theirs of [others.id, others.personId]) expect(text).not.toContain(theirs);
    const siminvest = await all('siminvest');
    expect(siminvest.some(({ submissionId }) => submissionId === others.id)).toBe(true);
    expect(JSON.stringify(siminvest)).not.toContain(mine.id);
  });

  it('is told nothing personal', async () => {
    const who = customer();
    const office = backOffice('nanovest');
    const { id } = await verified(gateway, who);
    await gateway.http
      .get(`/v1/submissions/${id}/identity?purpose=canary-purpose`)
      .set('Authorization', office);
    await gateway.http
      .post(`/v1/submissions/${id}/reject`)
      .set('Authorization', office)
      .send({ reason: 'canary reason', officer: 'canary officer' })
      .expect(200);
    await gateway.http.delete(`/v1/people/${who.phoneNumber}`).set('Authorization', office);
    const events = await all();
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['identity.read', 'kyc.rejected', 'person.erased']),
    );
    const canaries = [
      who.phoneNumber,
      who.phoneNumber.slice(3),
      who.subject,
      KTP.fullName,
      KTP.nik,
      KTP.dateOfBirth,
    ];
    for (const canary of [...canaries, 'canary']) expect(JSON.stringify(events)).not.toContain(canary);
  });

  it('that waits is answered as soon as something happens', async () => {
    const { nextAfter } = await caughtUp();
    const waiting = feed(`?after=${nextAfter}&wait=30`);
    const began = performance.now();
    const { id } = await openedBy(gateway, customer());
    const { data } = await waiting;
    expect(data.at(-1)).toMatchObject({ type: 'kyc.opened', submissionId: id });
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('that waits for nothing is answered with nothing, and with where it stands', async () => {
    const { nextAfter } = await caughtUp();
    const page = await eventually(
      () => feed(`?after=${nextAfter + 1_000}&wait=1`),
      () => true,
    );
    expect(page).toEqual({ data: [], nextAfter: nextAfter + 1_000 });
  });

  it('that waits does not keep the gateway from stopping', async () => {
    const { lab, database, environment } = gateway;
    const stopping = await startTestGateway({ lab, database, environment });
    const waiting = feed('?after=100000&wait=30', 'nanovest', stopping.url);
    await eventually(
      () => stopping.http.get('/metrics').then(({ text }) => text),
      (text) => text !== '',
    );
    await stopping.close();
    expect(await waiting).toEqual({ data: [], nextAfter: 100_000 });
    lab.connectGateway({ url: gateway.url, otpWebhook: {} });
  });

  it.each([
    ['after=-1', 'must not be less than 0'],
    ['after=x', 'must be an integer number'],
    ['limit=0', 'must not be less than 1'],
    ['limit=101', 'must not be greater than 100'],
    ['wait=31', 'must not be greater than 30'],
    ['wait=1&wait=2', 'must be an integer number'],
    ['since=1', 'is not a field of this request'],
  ])('is told that %s cannot be asked for, and why', async (query, why) => {
    const { status, body } = await gateway.http
      .get(`/v1/events?${query}`)
      .set('Authorization', backOffice('nanovest'));
    const { code, errors } = body as { code: string; errors?: readonly { message: string }[] };
    expect([status, code]).toEqual([400, 'invalid_request']);
    expect(errors).toMatchObject([{ message: why }]);
  });

  /** Nothing is left to be signed. */
  async function caughtUp(): Promise<Feed> {
    const last = async (): Promise<Feed> => {
      const events = await all();
      return { data: events.slice(-1), nextAfter: events.at(-1)?.seq ?? 0 };
    };
    return eventually(last, ({ data }) => data[0]?.type === 'ledger.checkpoint', 30_000);
  }

  describe('that keeps what it is told', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kyc-witness-'));
    const kept = join(folder, 'events.jsonl');
    const key = join(folder, 'ledger.pem');
    afterAll(() => rmSync(folder, { recursive: true }));

    async function ledger(...args: string[]): Promise<readonly [code: number | null, verdict: string]> {
      const { code, verdict } = await runScript(
        'launch/command.mjs',
        ['ledger', ...args],
        gateway.environment,
      );
      return [code, verdict];
    }

    it('is a witness of its chain, for an export and for the database', async () => {
      await openedBy(gateway, customer());
      await caughtUp();
      const events = await all();
      const checkpoints = events.filter(({ type }) => type === 'ledger.checkpoint');
      const { seq = 0, data } = checkpoints.at(-1) ?? {};
      const signed = data?.['checkpoint'] as { seq: number; hash: string };
      expect(data).toEqual({ seq, submissionId: null, checkpoint: signed });
      expect(events.find((event) => event.seq === signed.seq)?.hash).toBe(signed.hash);

      const bodies = checkpoints.map((event) => ({ type: event.type, timestamp: '', data: event.data }));
      writeFileSync(kept, [...events, ...bodies].map((line) => `${JSON.stringify(line)}\n`).join(''));
      const { LEDGER_SIGNING_KEY: pem = '' } = gateway.environment;
      writeFileSync(key, createPublicKey(pem).export({ type: 'spki', format: 'pem' }));
      const out = join(folder, 'export.jsonl');
      await ledger('export', '--business-unit', 'nanovest', '--out', out);
      expect(await ledger('verify', out, '--public-key', key, '--checkpoints', kept)).toEqual([
        0,
        expect.stringMatching(/^INTACT.*checkpoints from outside say$/),
      ]);
      expect(await ledger('verify', '--checkpoints', kept)).toEqual([
        0,
        expect.stringMatching(/^INTACT.*checkpoints from outside say$/),
      ]);

      const forged = { ...data, checkpoint: { ...signed, hash: 'ab'.repeat(32) } };
      writeFileSync(kept, `${JSON.stringify({ type: 'ledger.checkpoint', timestamp: '', data: forged })}\n`);
      for (const what of [[out, '--public-key', key], []])
        expect(await ledger('verify', ...what, '--checkpoints', kept)).toEqual([
          1,
          expect.stringMatching(/^NOT INTACT/),
        ]);
    }, 120_000);

    it('is told of no further checkpoint when nothing happened since the last', async () => {
      const { nextAfter } = await caughtUp();
      // Another round of signing: the other unit's chain went on.
      await openedBy(gateway, customer('siminvest'));
      const signed = async (): Promise<string | undefined> => (await all('siminvest')).at(-1)?.type;
      expect(await eventually(signed, (type) => type === 'ledger.checkpoint', 30_000)).toBe(
        'ledger.checkpoint',
      );
      expect((await caughtUp()).nextAfter).toBe(nextAfter);
    });
  });
});
