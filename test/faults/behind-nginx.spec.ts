import { randomUUID } from 'node:crypto';
import { cpSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { freePorts } from '../../lab/free-ports.fixture';
import { buildWhenStale } from '../../launch/build';
import { eventually } from '../support/eventually';
import { GatewayProcess } from '../support/gateway-process';
import { describeBehindNginx, Nginx } from '../support/nginx';
import { type Code, PersistentClients } from '../support/persistent-clients';
import { LEDGER, runScript } from '../support/run-script';
import { backOffice, basic, otpSender, ownSettings, UNITS } from '../support/test-gateway';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../support/throwaway-postgres';

const ROLES = ['api', 'api', 'api', 'worker', 'worker'] as const;
const APIS = ROLES.filter((role) => role === 'api').length;
/** Each process once by each. */
const ENDS = ['SIGKILL', 'SIGTERM'] as const;
const CODES_PER_PERSON = 5;
const JOURNEYS_PER_PERSON = 4;
const WRONG_PASSWORDS_PER_MINUTE = 20;
const GREEDY_PEOPLE = 12;

let server: ThrowawayPostgres;
let lab: Lab;
let nginx: Nginx;
let environment: Record<string, string>;
let gateways: GatewayProcess[];

beforeAll(async () => {
  await buildWhenStale();
  server = await startThrowawayPostgres();
  lab = await startLab({ units: UNITS, gtfProcessingMs: 200 });
  const port = await freePorts(ROLES.length);
  nginx = await Nginx.start({
    tls: false,
    upstream: Array.from({ length: APIS }, (_, index) => `127.0.0.1:${port + index} fail_timeout=1s`),
    install: (etc) => {
      cpSync('deploy/nginx/kyc-gateway.conf', join(etc, 'conf.d', 'kyc-gateway.conf'));
      cpSync('deploy/nginx/kyc-gateway-upstream.conf', join(etc, 'kyc-gateway-upstream.conf'));
    },
  });
  environment = {
    ...lab.environment(),
    ...ownSettings(),
    DATABASE_URL: server.postgres.url,
    PUBLIC_URL: nginx.url,
    TRUST_PROXY: '1',
    DRAIN_GRACE_SECONDS: '5',
    OTP_TTL_SECONDS: '60',
    OTP_LIMIT_PER_10_MINUTES: String(CODES_PER_PERSON),
    GTF_LIMIT_PER_PERSON_PER_DAY: String(JOURNEYS_PER_PERSON),
    GTF_POLL_SCHEDULE: '5,10,20',
    LOG_LEVEL: 'fatal',
  };
  gateways = await Promise.all(
    ROLES.map((role, index) =>
      GatewayProcess.prepare(() => ({ ...environment, ROLE: role }), undefined, undefined, port + index),
    ),
  );
  for (const gateway of gateways) await gateway.start(); // one after the other: the first migrates
  lab.connectGateway({ url: nginx.url, otpWebhook: {} });
}, 300_000);
afterAll(async () => {
  await Promise.all((gateways ?? []).map((gateway) => gateway.end('SIGTERM')));
  await nginx?.stop();
  await lab?.close();
  await server?.remove();
}, 120_000);

async function sql<Row extends object>(statement: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = new Client(server.postgres.url);
  await client.connect();
  try {
    return (await client.query<Row>(statement, [...values])).rows;
  } finally {
    await client.end();
  }
}

const tokenOf = (phoneNumber: string): string => lab.simasId.mintToken({ unit: 'nanovest', phoneNumber });

/** People who ask for more than they may have, the whole time. */
class Greedy {
  readonly codes = new Map<string, number>();
  readonly journeys = new Map<string, number>();
  #stopped = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(private readonly clients: PersistentClients) {}

  start(): void {
    const people = Array.from({ length: GREEDY_PEOPLE }, (_, index) => `62814${10_000_000 + index}`);
    this.#running = Promise.all(
      people.flatMap((phone) => [this.#wantCodes(phone), this.#wantJourneys(phone)]),
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #wantCodes(identifier: string): Promise<void> {
    this.codes.set(identifier, 0);
    for (let number = 0; !this.#stopped; number += 1) {
      const otp = `G${identifier.slice(-2)}${number}`;
      const headers = { authorization: otpSender('nanovest') };
      const body = { identifier, otp, channel: 'sms' };
      const { status } = await this.clients.ask('POST', '/v1/webhooks/otp', headers, body);
      if (status === 200) this.codes.set(identifier, (this.codes.get(identifier) ?? 0) + 1);
      await sleep(500);
    }
  }

  async #wantJourneys(phone: string): Promise<void> {
    const headers = { authorization: `Bearer ${tokenOf(phone)}` };
    this.journeys.set(phone, 0);
    while (!this.#stopped) {
      const key = { ...headers, 'idempotency-key': randomUUID() };
      const { status } = await this.clients.ask('POST', '/v1/gtf/submissions', key, {
        submissionType: 'KTP_SCAN',
      });
      if (status === 201) this.journeys.set(phone, (this.journeys.get(phone) ?? 0) + 1);
      await sleep(500);
    }
  }
}

/** Forty wrong passwords from one address at once: statuses. */
function guesses(localAddress: string): Promise<number[]> {
  const headers = { authorization: basic('nanovest-office', 'a-wrong-password') };
  const guess = (): Promise<number> =>
    new Promise((resolve) => {
      const asked = request(
        `${nginx.url}/v1/submissions`,
        { localAddress, headers, agent: false },
        (answer) => {
          answer.resume().once('close', () => resolve(answer.statusCode ?? 0));
        },
      );
      asked.once('error', () => resolve(0)).end();
    });
  return Promise.all(Array.from({ length: 2 * WRONG_PASSWORDS_PER_MINUTE }, guess));
}

function copiesOf({ id, otp }: Code): number {
  const { whatsapp, twilio, smtp } = lab;
  return (
    whatsapp.messages().filter(({ opaque }) => opaque === id).length +
    twilio.messages().filter(({ text }) => text.includes(otp)).length +
    smtp.mails().filter(({ messageId }) => messageId.includes(id)).length
  );
}

/** Past Jest, which keeps what tests print until they end. */
function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

describeBehindNginx('Three processes for requests and two for jobs behind nginx, under load', () => {
  let clients: PersistentClients;
  let greedy: Greedy;
  const guessed: number[][] = [];
  /** Around a stop it is what the kernel had let in and the process not yet seen: the more, the busier the machine. */
  const unanswered = { SIGKILL: 0, SIGTERM: 0 };

  async function endAndStart(
    signal: (typeof ENDS)[number],
    index: number,
    gateway: GatewayProcess,
  ): Promise<void> {
    const before = clients.unanswered;
    const since = performance.now();
    const guessing = guesses(`127.0.1.${10 * (index + 1) + ENDS.indexOf(signal)}`);
    const { code } = await gateway.stop(signal);
    // As whatever supervises it: on a busy machine a start may not reach the database in time.
    await gateway.start().catch(() => gateway.start());
    guessed.push(await guessing);
    await sleep(1_000);
    unanswered[signal] += clients.unanswered - before;
    print(
      `${signal} of ${ROLES[index]} ${index + 1}, back after ${((performance.now() - since) / 1000).toFixed(1)} s: ` +
        `${clients.unanswered - before} requests unanswered; so far ${clients.codes.length} codes, ` +
        `${clients.handedIn.size} handed in, ${clients.confirmed.length} confirmed, ${clients.repeats} repeated`,
    );
    if (signal === 'SIGTERM') expect(code).toBe(0);
  }

  it('are stopped and killed one after another, and every caller is answered in the end', async () => {
    clients = new PersistentClients(nginx.url, tokenOf);
    greedy = new Greedy(clients);
    clients.start();
    greedy.start();
    await sleep(2_000);
    try {
      for (const signal of ENDS)
        for (const [index, gateway] of gateways.entries()) await endAndStart(signal, index, gateway);
    } finally {
      await Promise.all([clients.stop(), greedy.stop()]);
    }
    print(`answers: ${[...clients.statuses].map(([status, count]) => `${count} × ${status}`).join(', ')}`);
    print(`unanswered: ${unanswered.SIGKILL} around kills, ${unanswered.SIGTERM} around stops`);
    expect(Math.min(clients.codes.length, clients.handedIn.size, clients.confirmed.length)).toBeGreaterThan(
      50,
    );
  }, 900_000);

  it('lose no code, and let none come twice without saying so', async () => {
    const left = (): Promise<object[]> =>
      sql(`SELECT 1 FROM otp_delivery WHERE status IN ('queued', 'sending')`);
    expect(await eventually(left, ({ length }) => length === 0, 90_000)).toEqual([]);
    const rows = await sql<{ id: string; status: string; flagged: boolean }>(
      `SELECT d.id, d.status, coalesce(bool_or(a.may_repeat), false) AS flagged FROM otp_delivery d
       LEFT JOIN otp_attempt a ON a.business_unit = d.business_unit AND a.delivery_id = d.id GROUP BY d.business_unit, d.id`,
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    const tally = { lost: 0, doubled: 0, flagged: 0, silent: 0 };
    for (const code of clients.codes) {
      const row = byId.get(code.id);
      const copies = copiesOf(code);
      if (row === undefined) tally.lost += 1;
      else if (copies > 1) tally[row.flagged ? 'flagged' : 'doubled'] += 1;
      else if (copies === 0 && !['failed', 'expired'].includes(row.status)) tally.silent += 1;
    }
    print(`${clients.codes.length} codes acknowledged: ${JSON.stringify(tally)}`);
    expect(tally).toMatchObject({ lost: 0, doubled: 0, silent: 0 });
  }, 180_000);

  it('lose no submission, open none twice, and every person who confirmed has one result', async () => {
    const ids = [...clients.handedIn.values(), ...clients.confirmed];
    expect(new Set(ids).size).toBe(ids.length);
    const results = (): Promise<{ status: string; count: number }[]> =>
      sql(
        `SELECT s.status, count(*)::integer FROM kyc_submission s WHERE s.id = ANY ($1) GROUP BY 1 ORDER BY 1`,
        [ids],
      );
    const settled = await eventually(
      results,
      (found) => found.every(({ status }) => ['shared', 'verified'].includes(status)),
      180_000,
    );
    expect(settled).toEqual([
      { status: 'shared', count: clients.handedIn.size },
      { status: 'verified', count: clients.confirmed.length },
    ]);
    const [events] = await sql<{ verified: number; callbacks: number; opened: number }>(
      `SELECT (SELECT count(*)::integer FROM kyc_event WHERE type = 'kyc.verified' AND submission_id = ANY ($1)) AS verified,
              (SELECT count(*)::integer FROM gtf_callback) AS callbacks,
              (SELECT count(*)::integer FROM kyc_submission WHERE kind = 'common-kyc') AS opened`,
      [clients.confirmed],
    );
    print(`submissions: ${JSON.stringify(settled)}, ${JSON.stringify(events)}`);
    expect(events).toMatchObject({ verified: clients.confirmed.length, opened: clients.handedIn.size });
    const { verdict } = await runScript(LEDGER, ['verify'], environment);
    expect(verdict).toMatch(/^INTACT: /);
  }, 300_000);

  it('keep every limit', async () => {
    const office = { authorization: backOffice('nanovest') };
    for (const [identifier, acknowledged] of greedy.codes) {
      const { body } = await clients.ask('GET', `/v1/otp-deliveries?identifier=${identifier}`, office);
      const { data } = body as { data: object[] };
      expect([identifier, data.length]).toEqual([identifier, CODES_PER_PERSON]);
      expect(acknowledged).toBeLessThanOrEqual(CODES_PER_PERSON);
    }
    const journeys = [...greedy.journeys.values()];
    expect(journeys.filter((count) => count > JOURNEYS_PER_PERSON)).toEqual([]);
    const refusals = guessed.map((statuses) => ({
      refused: statuses.filter((status) => status === 401).length,
      unanswered: statuses.filter((status) => status === 0 || status >= 500).length,
    }));
    print(
      `codes of the greedy: ${[...greedy.codes.values()].join(' ')} acknowledged, ${CODES_PER_PERSON} each stored`,
    );
    print(`journeys of the greedy: ${journeys.join(' ')}; wrong passwords: ${JSON.stringify(refusals)}`);
    for (const { refused, unanswered: lost } of refusals) {
      // Where the database does not count within a second, each process counts for itself.
      expect(refused).toBeLessThanOrEqual(APIS * WRONG_PASSWORDS_PER_MINUTE);
      expect(refused + lost).toBeGreaterThanOrEqual(WRONG_PASSWORDS_PER_MINUTE);
    }
  }, 120_000);
});
