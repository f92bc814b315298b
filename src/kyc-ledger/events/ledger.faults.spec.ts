import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { Ledger, People } from '..';
import { type Lab, startLab } from '../../../lab';
import { eventually } from '../../../test/support/eventually';
import { UNITS } from '../../../test/support/test-gateway';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../../../test/support/throwaway-postgres';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';
import { Database } from '../../platform/database';
import { ledgerTools } from '../chain/ledger-tools.fixture';

const ROUNDS = 30;
const WRITERS = 16;
const UNIT = 'nanovest';

let server: ThrowawayPostgres;
let lab: Lab;
let gateway: InProcessGateway;

beforeAll(async () => {
  server = await startThrowawayPostgres();
  lab = await startLab({ units: UNITS });
  const database = { url: server.postgres.url, drop: () => Promise.resolve() };
  gateway = await startInProcessGateway({ lab, database });
}, 180_000);
afterAll(async () => {
  await gateway?.close();
  await lab?.close();
  await server?.remove();
});

/** What the ledger said yes to: kept here, outside the database. */
interface Acknowledged {
  readonly sourceKey: string;
  readonly submissionId: string;
}

/** Opens submissions and tells what became of them, whether the database lives or not. */
class Writers {
  readonly acknowledged: Acknowledged[] = [];
  #stopped = false;

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: WRITERS }, () => this.#write()));
  }

  stop(): void {
    this.#stopped = true;
  }

  async #write(): Promise<void> {
    while (!this.#stopped)
      try {
        const submissionId = await this.#open();
        for (const type of ['kyc.processing', 'kyc.verified'] as const)
          await this.#append(submissionId, type);
      } catch {
        await sleep(10);
      }
  }

  async #open(): Promise<string> {
    const sourceKey = `kill:${randomUUID()}`;
    const phoneNumber = `62856${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`;
    const { id } = await gateway.app.get(Database).transaction(async (tx) => {
      const person = await gateway.app
        .get(People)
        .personOfToken(tx, { businessUnit: UNIT, subject: randomUUID(), phoneNumber, emailAddresses: [] });
      return gateway.app
        .get(Ledger)
        .open(tx, { person, kind: 'gtf-coe', openedBy: 'user', sourceKey, phoneNumber });
    });
    this.acknowledged.push({ sourceKey, submissionId: id });
    return id;
  }

  async #append(submissionId: string, type: 'kyc.processing' | 'kyc.verified'): Promise<void> {
    const sourceKey = `kill:${randomUUID()}`;
    const personal = { identity: JSON.stringify({ nik: '3171010101900001' }) };
    const ledger = gateway.app.get(Ledger);
    const newEvent = { businessUnit: UNIT, submissionId, type, sourceKey, personal };
    const { outcome } =
      type === 'kyc.processing'
        ? await ledger.record(newEvent)
        : await gateway.app.get(Database).transaction((tx) => ledger.append(tx, newEvent));
    if (outcome === 'appended') this.acknowledged.push({ sourceKey, submissionId });
  }
}

describe('The ledger under load', () => {
  it(`loses no acknowledged event while PostgreSQL is killed ${ROUNDS} times, and its chain holds`, async () => {
    const writers = new Writers();
    const running = writers.run();
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = writers.acknowledged.length;
      await eventually(
        () => Promise.resolve(writers.acknowledged.length),
        (count) => count > before + 50,
        20_000,
      );
      await sleep((round % 5) * 20);
      await server.kill();
      await server.postgres.restart();
    }
    writers.stop();
    await running;

    const sql = new Client(server.postgres.url);
    await sql.connect();
    try {
      const { rows } = await sql.query<{ source_key: string; submission_id: string }>(
        `SELECT source_key, submission_id FROM kyc_event WHERE business_unit = $1`,
        [UNIT],
      );
      const kept = new Map(rows.map((row) => [row.source_key, row.submission_id]));
      const lost = writers.acknowledged.filter(
        ({ sourceKey, submissionId }) => kept.get(sourceKey) !== submissionId,
      );
      expect(lost).toEqual([]);
      const tools = ledgerTools(gateway, sql);
      const checkpoint = await tools.sign(UNIT);
      const report = await tools.verification.run([checkpoint], [], () => undefined);
      expect(report).toMatchObject({ events: rows.length, findings: [] });
      expect((await tools.rebuild.run(false)).differ).toEqual([]);
      expect(writers.acknowledged.length).toBeGreaterThan(ROUNDS * 50);
    } finally {
      await sql.end();
    }
  }, 600_000);
});
