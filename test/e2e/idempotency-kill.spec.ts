import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { GatewayProcess } from '../support/gateway-process';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { backOffice, ownSettings, UNITS } from '../support/test-gateway';

const KILLS = 3;
const CLIENTS = 6;

let lab: Lab;
let database: TestDatabase;
let sql: Client;
let gateways: GatewayProcess[];

beforeAll(async () => {
  await buildWhenStale();
  lab = await startLab({ units: UNITS, gtfProcessingMs: 50 });
  database = await createTestDatabase();
  sql = new Client(database.url);
  await sql.connect();
  const environment = {
    ...lab.environment(),
    ...ownSettings(),
    DATABASE_URL: database.url,
    LOG_LEVEL: 'fatal',
  };
  gateways = await Promise.all(
    [1, 2].map(() => GatewayProcess.prepare((url) => ({ ...environment, PUBLIC_URL: url }))),
  );
  await Promise.all(gateways.map((gateway) => gateway.start()));
}, 180_000);
afterAll(async () => {
  await Promise.all((gateways ?? []).map((gateway) => gateway.end('SIGKILL')));
  await sql?.end();
  await database?.drop();
  await lab?.close();
});

interface Wish {
  readonly path: string;
  readonly authorization: string;
  readonly body: object;
  readonly phoneNumber: string;
}

/** Something that must happen once: data handed in, or a submission at GTF. */
function wish(number: number): Wish {
  const phoneNumber = `62856${randomInt(10_000_000, 99_999_999)}`;
  if (number % 2 === 0) {
    const kyc = {
      phoneNumber,
      fullName: 'BUDI',
      nik: '3171010101900001',
      dateOfBirth: '1990-01-01',
      email: '',
    };
    return { path: '/v1/common-kyc', authorization: backOffice('nanovest'), body: kyc, phoneNumber };
  }
  const token = lab.simasId.mintToken({ unit: 'nanovest', phoneNumber });
  const body = { submissionType: 'KTP_SCAN' };
  return { path: '/v1/gtf/submissions', authorization: `Bearer ${token}`, body, phoneNumber };
}

/** A client who never gives up and never changes the key, whichever process answers. */
async function insist({ path, authorization, body }: Wish): Promise<{ id: string; tries: number }> {
  const headers = { authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  for (let tries = 1; ; tries += 1) {
    const url = gateways[tries % gateways.length]?.url ?? '';
    const answer = await fetch(url + path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5_000),
    })
      .then(async (response) => ({ status: response.status, body: (await response.json()) as object }))
      .catch(() => undefined);
    if (answer !== undefined && answer.status < 300)
      return { id: (answer.body as { submissionId: string }).submissionId, tries };
    expect([undefined, 409, 500, 503]).toContain(answer?.status);
    await sleep(50);
  }
}

describe('clients that repeat until they have an answer, while processes are killed', () => {
  it('have everything once, and the answer of the try that did it', async () => {
    const answered: { wish: Wish; id: string; tries: number }[] = [];
    let stopped = false;
    let over = false;
    let number = 0;
    const client = async (): Promise<void> => {
      while (!stopped) {
        const wanted = wish(number++);
        answered.push({ wish: wanted, ...(await insist(wanted)) });
      }
    };
    // A minute passes every half second: a process that takes long is taken for dead, and must do no harm.
    const age = `UPDATE idempotency_key SET claimed_at = claimed_at - interval '61 s' WHERE answer IS NULL`;
    const minutes = async (): Promise<void> => {
      for (; !over; await sleep(500)) await sql.query(age);
    };
    const passing = minutes();
    try {
      const clients = Promise.all(Array.from({ length: CLIENTS }, client));
      for (let kill = 0; kill < KILLS; kill += 1) {
        await sleep(300 + 137 * kill);
        const victim = gateways[kill % gateways.length];
        await victim?.end('SIGKILL');
        await victim?.start();
      }
      stopped = true;
      await clients;
    } finally {
      stopped = true;
      over = true;
      await passing;
    }

    const { rows } = await sql.query<{ id: string }>('SELECT id FROM kyc_submission');
    const repeated = answered.filter(({ tries }) => tries > 1).length;
    console.log({ answered: answered.length, repeated, submissions: rows.length });
    expect(repeated).toBeGreaterThan(0);
    // One submission a wish: none lost, none twice, and each client knows the one that is theirs.
    expect(rows.map(({ id }) => id).sort()).toEqual(answered.map(({ id }) => id).sort());
  }, 120_000);
});
