import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { loadSettings, platformSettings, SettingsModule } from '../../src/platform/config';
import { Database, DatabaseModule, Notifications } from '../../src/platform/database';
import { type JobData, JobQueue, JobsModule } from '../../src/platform/jobs';
import { createLog, LoggingModule } from '../../src/platform/logging';
import { eventually } from '../support/eventually';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

let database: TestDatabase;
const open: INestApplicationContext[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await Promise.all(open.map((context) => context.close()));
  await database?.drop();
});

type Handler = (data: JobData) => Promise<void>;

/** One process with one kind of job; `name` keeps the tests apart. */
async function startProcess(
  role: 'all' | 'api' | 'worker',
  name: string,
  handler: Handler,
): Promise<{ queue: JobQueue; sql: Database; notifications: Notifications }> {
  const registry = loadSettings([platformSettings], [], { DATABASE_URL: database.url, ROLE: role });
  const module = await Test.createTestingModule({
    imports: [
      SettingsModule.forRoot(registry),
      LoggingModule.forRoot(createLog('silent')),
      DatabaseModule,
      JobsModule,
    ],
  }).compile();
  const queue = module.get(JobQueue);
  queue.define({ name, concurrency: 2, expireInSeconds: 2, retryLimit: 5, retryDelaySeconds: 1 }, handler);
  await module.init();
  open.push(module);
  return { queue, sql: module.get(Database), notifications: module.get(Notifications) };
}

/** Resolves with what the handler was given. */
function expectation(): { readonly handler: Handler; readonly done: Promise<JobData> } {
  let resolve: (data: JobData) => void = () => {};
  const done = new Promise<JobData>((r) => (resolve = r));
  return { handler: (data) => Promise.resolve(resolve(data)), done };
}

describe('a job', () => {
  it('is worked on well before the idle poll of 2 s, because the commit wakes a worker', async () => {
    const { handler, done } = expectation();
    const { queue, sql } = await startProcess('all', 'woken', handler);
    const started = performance.now();
    await sql.transaction((tx) => queue.enqueue(tx, 'woken', { id: 'a' }));
    expect(await done).toEqual({ id: 'a' });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('wakes a worker in another process too', async () => {
    const { handler, done } = expectation();
    await startProcess('worker', 'elsewhere', handler);
    const api = await startProcess('api', 'elsewhere', () =>
      Promise.reject(new Error('an api process works no jobs')),
    );
    const started = performance.now();
    await api.sql.transaction((tx) => api.queue.enqueue(tx, 'elsewhere', { id: 'b' }));
    expect(await done).toEqual({ id: 'b' });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('written right after another one is told of, too, and a third right after that', async () => {
    const api = await startProcess('api', 'bursts', () => Promise.resolve());
    const told = jest.spyOn(api.notifications, 'notify');
    for (const id of ['first', 'second', 'third'])
      await api.sql.transaction((tx) => api.queue.enqueue(tx, 'bursts', { id }));
    await eventually(
      () => Promise.resolve(told.mock.calls.length),
      (calls) => calls >= 2,
      1_000,
    );
    expect(told.mock.calls.length).toBeGreaterThanOrEqual(2);
    expect(told).toHaveBeenCalledWith(expect.any(String), ['bursts']);
  });

  it('does not exist when its transaction did not commit', async () => {
    const { queue, sql } = await startProcess('api', 'undone', () => Promise.resolve());
    await expect(
      sql.transaction(async (tx) => {
        await queue.enqueue(tx, 'undone', { id: 'c' });
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect(await sql.query(`SELECT 1 FROM pgboss.job WHERE name = 'undone'`)).toEqual([]);
  });

  it('whose handler threw is tried again, and only the error’s name is kept', async () => {
    const { handler, done } = expectation();
    let tries = 0;
    const { queue, sql } = await startProcess('all', 'stumbling', async (data) => {
      tries += 1;
      if (tries === 1) throw new TypeError('nik 3208201808850001');
      await handler(data);
    });
    await sql.transaction((tx) => queue.enqueue(tx, 'stumbling', { id: 'd' }));
    expect(await done).toEqual({ id: 'd' });
    const [row] = await sql.query<{ output: object }>(
      `SELECT output FROM pgboss.job WHERE name = 'stumbling'`,
    );
    expect(JSON.stringify(row)).not.toContain('3208201808850001');
  });

  it('whose worker died is given to another within 10 s', async () => {
    const { handler, done } = expectation();
    let tries = 0;
    const { queue, sql } = await startProcess('all', 'orphaned', (data) => {
      tries += 1;
      return tries === 1 ? new Promise<void>(() => {}) : handler(data);
    });
    const started = performance.now();
    await sql.transaction((tx) => queue.enqueue(tx, 'orphaned', { id: 'e' }));
    expect(await done).toEqual({ id: 'e' });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('that waits in a long line is not delayed by the idle poll', async () => {
    let count = 0;
    let finish: () => void = () => {};
    const all = new Promise<void>((resolve) => (finish = resolve));
    const { queue, sql } = await startProcess('all', 'queued', () => {
      count += 1;
      if (count === 40) finish();
      return Promise.resolve();
    });
    const started = performance.now();
    await sql.transaction(async (tx) => {
      for (let id = 0; id < 40; id += 1) await queue.enqueue(tx, 'queued', { id });
    });
    await all;
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
