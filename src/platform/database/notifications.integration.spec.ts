import { Client } from 'pg';
import { eventually } from '../../../test/support/eventually';
import { startStallingProxy, type StallingProxy } from '../../../test/support/stalling-proxy';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database';
import { Secret } from '../config';
import { createLog } from '../logging';
import type { Database } from './database';
import type { DatabaseSettings } from './database.settings';
import { Notifications } from './notifications';

let own: TestDatabase;
let proxy: StallingProxy;
let notifications: Notifications;

beforeAll(async () => {
  own = await createTestDatabase();
  proxy = await startStallingProxy(own.url);
  const values = { DATABASE_URL: new Secret(proxy.url), DATABASE_TLS: 'off' };
  const log = createLog('silent');
  notifications = new Notifications({ values } as DatabaseSettings, {} as Database, log);
});
afterAll(async () => {
  await notifications?.onApplicationShutdown();
  await proxy?.close();
  await own?.drop();
});

describe('A worker that begins to listen while the database does not answer', () => {
  it('is told when it may have missed something, and hears what comes after', async () => {
    const heard: string[] = [];
    proxy.stall();
    await notifications.listen('codes', (payload) => heard.push(payload));
    expect(heard).toEqual([]);
    proxy.flow();
    await eventually(
      () => Promise.resolve(heard),
      ([first]) => first === '',
    );
    const other = new Client(own.url);
    await other.connect();
    await other.query(`SELECT pg_notify('codes', 'nanovest sms')`);
    await other.end();
    const all = await eventually(
      () => Promise.resolve(heard),
      (payloads) => payloads.length === 2,
    );
    expect(all).toEqual(['', 'nanovest sms']);
  });
});
