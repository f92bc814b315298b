import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { Database, type Transaction } from '.';
import { isDatabaseAway } from '../errors';
import { Metrics } from '../metrics';
import { eventually } from '../../../test/support/eventually';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';

let gateway: InProcessGateway;
let database: Database;
let sql: Client;

const POOL_SIZE = 10;
const INSERT = { name: 'note-insert', text: 'INSERT INTO note (id) VALUES ($1)' };

beforeAll(async () => {
  gateway = await startInProcessGateway({ environment: { DATABASE_POOL_SIZE: String(POOL_SIZE) } });
  database = gateway.app.get(Database);
  sql = new Client(gateway.database.url);
  await sql.connect();
  await sql.query('CREATE TABLE note (id text PRIMARY KEY)');
});
afterAll(async () => {
  await sql?.end();
  await gateway?.close();
});

async function kept(id: string): Promise<boolean> {
  return (await sql.query('SELECT FROM note WHERE id = $1', [id])).rowCount === 1;
}

describe('a database whose disk is full', () => {
  it('is told of once a minute, however many statements fail', async () => {
    const full = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$";
    for (let round = 0; round < 3; round += 1)
      await expect(database.query(full)).rejects.toMatchObject({ code: '53100' });
    const told = gateway.logLines.filter((line) => line.includes('"alarm":"disk_full"'));
    expect(told).toHaveLength(1);
    expect(await gateway.app.get(Metrics).text()).toContain('kyc_gateway_alarms_total{alarm="disk_full"} 1');
  });
});

describe('a transaction', () => {
  it('keeps what was asked, and tells of it after the commit', async () => {
    const id = randomUUID();
    const told: boolean[] = [];
    await database.transaction(async (tx) => {
      tx.afterCommit(() => told.push(true));
      await tx.query(INSERT, [id]);
      expect([await kept(id), told]).toEqual([false, []]);
    });
    expect([await kept(id), told]).toEqual([true, [true]]);
  });

  it('of which a statement fails throws that failure, keeps nothing and tells nobody', async () => {
    const [before, twice] = [randomUUID(), randomUUID()];
    await sql.query('INSERT INTO note (id) VALUES ($1)', [twice]);
    let told = 0;
    const work = database.transaction(async (tx) => {
      await tx.query('INSERT INTO note (id) VALUES ($1)', [before]);
      tx.afterCommit(() => (told += 1));
      await tx.query(INSERT, [twice]);
    });
    await expect(work).rejects.toMatchObject({ code: '23505', constraint: 'note_pkey' });
    expect([await kept(before), told]).toEqual([false, 0]);
  });

  it('that swallowed a failure is not taken for done', async () => {
    const id = randomUUID();
    const work = database.transaction(async (tx) => {
      await tx.query('INSERT INTO note (id) VALUES ($1)', [id]);
      await tx.query('SELECT 1/0').catch(() => undefined);
    });
    await expect(work).rejects.toThrow('nothing was committed');
    expect(await kept(id)).toBe(false);
  });

  it.each([
    ['plain statements', (tx: Transaction): Promise<unknown> => tx.query('SELECT 1')],
    ['entities', (tx: Transaction): Promise<unknown> => tx.manager.query('SELECT 1')],
  ])(
    'of %s whose connection is cut meanwhile fails, and the next ones get new connections',
    async (_, use) => {
      const cut: number[] = [];
      let goOn = (): void => undefined;
      const signal = new Promise<void>((resolve) => (goOn = resolve));
      const work = Array.from({ length: POOL_SIZE }, () =>
        database.transaction(async (tx) => {
          const [row] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
          cut.push(row?.pid ?? 0);
          await signal;
          await use(tx);
        }),
      );
      await eventually(
        () => Promise.resolve(cut.length),
        (held) => held === work.length,
      );
      await sql.query('SELECT pg_terminate_backend(pid) FROM unnest($1::integer[]) pid', [cut]);
      await eventually(
        () => sql.query('SELECT FROM pg_stat_activity WHERE pid = ANY ($1)', [cut]),
        ({ rowCount }) => rowCount === 0,
      );
      goOn();
      const ends = await Promise.allSettled(work);
      const reasons = ends.map((end): unknown => (end.status === 'rejected' ? end.reason : 'none'));
      expect(reasons.filter((reason) => !isDatabaseAway(reason))).toEqual([]);
      expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    },
  );

  it('that throws keeps nothing, and its connection serves the next', async () => {
    const id = randomUUID();
    const work = database.transaction(async (tx) => {
      await tx.query(INSERT, [id]);
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    await Promise.all(Array.from({ length: 20 }, () => database.query('SELECT 1')));
    expect(await kept(id)).toBe(false);
  });
});

describe('a text of several statements', () => {
  it('that fails within a transaction of its own leaves its connection to the next as it was', async () => {
    const text = 'BEGIN; SELECT 1/0; COMMIT';
    await expect(database.query(text)).rejects.toMatchObject({ code: '22012' });
    const next = Array.from({ length: POOL_SIZE }, () => database.query('SELECT pg_sleep(0.1)'));
    await expect(Promise.all(next)).resolves.toHaveLength(POOL_SIZE);
  });
});
