import { readFileSync } from 'node:fs';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database';
import { loneConnection } from './connection';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

/** Seconds until the kernel's next probe of an idle connection; undefined where it plans none. */
function nextProbe(localPort: number): number | undefined {
  const port = localPort.toString(16).toUpperCase().padStart(4, '0');
  const line = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .find((each) => each.trim().split(/\s+/)[1]?.endsWith(`:${port}`));
  const [timer = '', when = ''] = line?.trim().split(/\s+/)[5]?.split(':') ?? [];
  return timer === '02' ? Number.parseInt(when, 16) / 100 : undefined;
}

const onLinux = process.platform === 'linux' ? it : it.skip;

describe('A firewall that forgets idle connections', () => {
  onLinux('is shown every half minute that this one is still used', async () => {
    const client = loneConnection({ url: database.url, ssl: false }, {});
    await client.connect();
    await client.query('SELECT 1');
    const { localPort = 0 } = client.connection.stream as { localPort?: number };
    // Right after an answer the timer is that of its acknowledgement.
    let seconds: number | undefined;
    for (let tries = 0; seconds === undefined && tries < 100; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      seconds = nextProbe(localPort);
    }
    await client.end();
    expect(seconds).toBeLessThanOrEqual(30);
  });
});
