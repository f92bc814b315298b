import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { eventually } from '../support/eventually';
import { GatewayProcess } from '../support/gateway-process';
import { otpSender, ownSettings, UNITS } from '../support/test-gateway';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../support/throwaway-postgres';

const ROUNDS = 20;
const REQUESTS_PER_SECOND = 40;
const CHANNELS = ['sms', 'whatsapp', 'email'] as const;

interface Sent {
  readonly id: string;
  readonly otp: string;
}

interface DeliveryRow {
  readonly id: string;
  readonly status: string;
  readonly attempts: number;
  readonly flagged: boolean;
}

interface TakeOver {
  readonly open: number;
  readonly lost: number;
  readonly taken_over: number;
  readonly last: Date | null;
}

/** What became of attempts that died with their worker after `$1`; `last`: when the last of them was tried again. */
const TAKE_OVER = `
SELECT (SELECT count(*)::integer FROM otp_delivery WHERE status IN ('queued', 'sending')) AS open,
       count(*)::integer AS lost, count(next.started_at)::integer AS taken_over, max(next.started_at) AS last
FROM otp_attempt lost
LEFT JOIN otp_attempt next ON next.business_unit = lost.business_unit AND next.delivery_id = lost.delivery_id
  AND next.number = lost.number + 1 AND next.may_repeat AND next.started_at > $1
WHERE lost.error_code = 'worker_lost' AND lost.started_at > $1::timestamptz - interval '5 s'`;

let server: ThrowawayPostgres;
let lab: Lab;
let environment: Record<string, string>;

beforeAll(async () => {
  await buildWhenStale();
  server = await startThrowawayPostgres();
  lab = await startLab({ units: UNITS });
  environment = {
    ...lab.environment(),
    ...ownSettings(),
    DATABASE_URL: server.postgres.url,
    OTP_TTL_SECONDS: '60',
    LOG_LEVEL: 'fatal',
  };
}, 180_000);
afterAll(async () => {
  await lab?.close();
  await server?.remove();
});

/** SIMAS-ID asking for codes without a pause, of the gateways that are alive. */
class Load {
  readonly acknowledged: Sent[] = [];
  refused = 0;
  #stopped = false;
  #count = 0;
  readonly #pending = new Set<Promise<void>>();

  constructor(private readonly urls: readonly string[]) {}

  async run(): Promise<void> {
    while (!this.#stopped) {
      const asking = this.#ask(this.#count++).finally(() => this.#pending.delete(asking));
      this.#pending.add(asking);
      await sleep(1000 / REQUESTS_PER_SECOND);
    }
    await Promise.all(this.#pending);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #ask(number: number): Promise<void> {
    const otp = `K${String(number).padStart(6, '0')}`;
    const channel = CHANNELS[number % CHANNELS.length] ?? 'sms';
    const identifier = channel === 'email' ? `${otp}@example.org` : `62811${String(10_000_000 + number)}`;
    const url = this.urls[number % this.urls.length] ?? '';
    const answer = await fetch(`${url}/v1/webhooks/otp`, {
      method: 'POST',
      headers: { authorization: otpSender('nanovest'), 'content-type': 'application/json' },
      body: JSON.stringify({ identifier, otp, channel }),
      signal: AbortSignal.timeout(5_000),
    }).catch(() => undefined);
    if (answer?.status !== 200) this.refused += 1;
    else this.acknowledged.push({ id: ((await answer.json()) as { id: string }).id, otp });
  }
}

async function sql<Row extends object>(statement: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = new Client(server.postgres.url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(statement, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** Past Jest, which keeps what tests print until they end. */
function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function copiesOf({ id, otp }: Sent): number {
  const { whatsapp, twilio, smtp } = lab;
  return (
    whatsapp.messages().filter(({ opaque }) => opaque === id).length +
    twilio.messages().filter(({ text }) => text.includes(otp)).length +
    smtp.mails().filter(({ messageId }) => messageId.includes(id)).length
  );
}

describe('Under load, while processes are killed', () => {
  it(`${ROUNDS} times gateway or database: no acknowledged code is lost, and only flagged ones come twice`, async () => {
    const gateways = await Promise.all(
      [1, 2].map(() => GatewayProcess.prepare((url) => ({ ...environment, PUBLIC_URL: url }))),
    );
    const [first, second] = gateways;
    if (first === undefined || second === undefined) throw new Error('two were prepared');
    await first.start(); // alone: it migrates
    await second.start();
    lab.connectGateway({ url: first.url, otpWebhook: {} });
    const load = new Load(gateways.map(({ url }) => url));
    const running = load.run();

    for (let round = 0; round < ROUNDS; round += 1) {
      await sleep(400 + 150 * (round % 4));
      const killed = performance.now();
      const isDatabase = round % 3 === 2;
      if (isDatabase) {
        await server.kill();
        await sleep(100 * (round % 5));
        await server.postgres.restart();
        for (const gateway of gateways) expect(gateway.runs).toBe(true);
      } else {
        const victim = gateways[round % 2];
        await victim?.end('SIGKILL');
        await victim?.start();
      }
      print(
        `round ${round + 1}/${ROUNDS}: SIGKILL of ${isDatabase ? 'the database' : `gateway ${(round % 2) + 1}`}, back after ` +
          `${((performance.now() - killed) / 1000).toFixed(1)} s; ${load.acknowledged.length} codes acknowledged so far, ${load.refused} not`,
      );
    }
    await sleep(1_000);
    load.stop();
    await running;

    const open = await eventually(
      async () => (await sql(`SELECT 1 FROM otp_delivery WHERE status IN ('queued', 'sending')`)).length,
      (count) => count === 0,
      70_000,
    );
    expect(open).toBe(0);
    const rows = await sql<DeliveryRow>(
      `SELECT d.id, d.status, count(a.number)::integer AS attempts, coalesce(bool_or(a.may_repeat), false) AS flagged
       FROM otp_delivery d LEFT JOIN otp_attempt a ON a.business_unit = d.business_unit AND a.delivery_id = d.id GROUP BY 1, 2
       , d.business_unit`,
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    const tally: Record<string, number> = {};
    for (const sent of load.acknowledged) {
      const row = byId.get(sent.id);
      const copies = copiesOf(sent);
      const status = row?.status ?? 'lost';
      tally[status] = (tally[status] ?? 0) + 1;
      if (copies > 1) tally['twice'] = (tally['twice'] ?? 0) + 1;
      const arrived = ['accepted', 'delivered', 'read'].includes(status);
      // A code that nobody knows about may have arrived; one that was taken has.
      const plausible = arrived ? copies >= 1 : status === 'failed' || status === 'expired';
      const honest = copies <= 1 || (copies === 2 && row?.flagged === true);
      expect({ ...sent, status, copies, plausible, honest }).toMatchObject({ plausible: true, honest: true });
    }
    const { twice = 0, ...ends } = tally;
    print(
      `${load.acknowledged.length} codes acknowledged, 0 lost: ${Object.entries(ends)
        .map(([status, count]) => `${count} ${status}`)
        .join(', ')}; ${twice} came twice, all of them flagged as possible duplicates`,
    );
    expect(load.acknowledged.length).toBeGreaterThan(ROUNDS * 10);
    await Promise.all(gateways.map((gateway) => gateway.end('SIGTERM')));
  }, 600_000);

  it('another worker takes over within ten seconds', async () => {
    const api = await GatewayProcess.prepare((url) => ({ ...environment, PUBLIC_URL: url, ROLE: 'api' }));
    const workers = await Promise.all(
      [1, 2].map(() =>
        GatewayProcess.prepare(() => ({ ...environment, PUBLIC_URL: api.url, ROLE: 'worker' })),
      ),
    );
    const [doomed, heir] = workers;
    if (doomed === undefined || heir === undefined) throw new Error('two were prepared');
    await api.start();
    await Promise.all([doomed.start(), heir.start()]);
    heir.freeze(); // so that everything that hangs is the other one's
    lab.twilio.faults.next({ hang: true, times: 8 });
    const load = new Load([api.url]);
    const running = load.run();
    await eventually(
      () => Promise.resolve(lab.twilio.faults.pending),
      (pending) => pending === 0,
    );
    load.stop();
    const killed = new Date();
    await doomed.end('SIGKILL');
    heir.thaw();
    await running;
    const last = await eventually(
      async () => {
        const [row] = await sql<TakeOver>(TAKE_OVER, [killed]);
        return row;
      },
      (row) => row?.open === 0,
      20_000,
    );
    expect(last?.open).toBe(0);
    // At least what hung; of others that were on their way a receipt may have told.
    expect(last?.lost).toBeGreaterThanOrEqual(8);
    expect(last?.taken_over).toBeGreaterThanOrEqual(8);
    const afterMs = (last?.last?.getTime() ?? Infinity) - killed.getTime();
    print(`a killed worker's deliveries were taken over within ${(afterMs / 1000).toFixed(1)} s`);
    expect(afterMs).toBeLessThan(10_000);
    await Promise.all([api, heir].map((gateway) => gateway.end('SIGTERM')));
  }, 120_000);
});
