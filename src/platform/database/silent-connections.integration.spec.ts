import { eventually } from '../../../test/support/eventually';
import { newCode, newPhone, OtpDesk } from '../../../test/support/otp-desk';
import { startStallingProxy, type StallingProxy } from '../../../test/support/stalling-proxy';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';

let own: TestDatabase;
let proxy: StallingProxy;
let gateway: InProcessGateway;
let desk: OtpDesk;

beforeAll(async () => {
  own = await createTestDatabase();
  proxy = await startStallingProxy(own.url);
  gateway = await startInProcessGateway({ database: { ...own, url: proxy.url } });
  desk = new OtpDesk(gateway);
});
afterAll(async () => {
  await gateway?.close();
  await proxy?.close();
  await own?.drop();
});

describe('A gateway whose database', () => {
  it('is another host all at once takes codes and delivers them again, once the old connections count as dead', async () => {
    const { master: pool } = gateway.app.get(DataSource).driver as unknown as { readonly master: Pool };
    expect(pool.options.query_timeout).toBe(35_000);
    // Connections opened from now on give up sooner, so that nobody has to wait for that.
    pool.options.query_timeout = 1_000;
    await gateway.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    await eventually(
      () => desk.post({ identifier: newPhone(), otp: newCode(), channel: 'sms' }),
      ({ status }) => status === 200,
    );
    // Else the gateway's stop, below, would not show that it does not wait for this one.
    await eventually(
      () =>
        gateway.query(
          `SELECT FROM pg_stat_activity WHERE application_name = 'kyc-gateway listener' AND datname = current_database()`,
        ),
      (listeners) => listeners.length > 0,
    );
    proxy.silenceOpen();
    const id = await eventually(
      () => desk.send().catch(() => null),
      (accepted) => accepted !== null,
      40_000,
    );
    await desk.when(id ?? '', 'delivered', 20_000);
    pool.options.query_timeout = 35_000;
  });
});
