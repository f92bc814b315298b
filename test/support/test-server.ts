/**
 * Where the run's PostgreSQL is: made by Jest's global setup, handed to the workers through one environment variable.
 */
export interface TestServer {
  /** Someone who may create databases. */
  adminUrl: string;
  /** The gateway's role on that server, in whichever database; it owns the databases of the tests. */
  ownerUrl: string;
  /** The migrated, otherwise empty database that each test file's own database is a copy of. */
  template: string;
}

const variable = 'KYC_TEST_SERVER';

export function announceTestServer(server: TestServer): void {
  process.env[variable] = JSON.stringify(server);
}

/** @throws Error outside the test projects that start a server. */
export function testServer(): TestServer {
  const announced = process.env[variable];
  if (announced === undefined)
    throw new Error('This test needs PostgreSQL: it belongs into the Jest project "system".');
  return JSON.parse(announced) as TestServer;
}
