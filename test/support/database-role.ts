import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { testServer } from './test-server';

export interface DatabaseRole {
  readonly name: string;
  /** The database of the given address, as this role. */
  urlOf(database: string): string;
  /** Deletes the role, once the databases are gone that it may use. */
  drop(): Promise<void>;
}

/** A role of the tests' server that may log in and owns nothing. */
export async function createRole(): Promise<DatabaseRole> {
  const [name, password] = [`guest_${randomBytes(4).toString('hex')}`, randomBytes(12).toString('hex')];
  await asAdmin(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
  return {
    name,
    urlOf: (database) => {
      const url = new URL(database);
      [url.username, url.password] = [name, password];
      return url.href;
    },
    drop: () => asAdmin(`DROP ROLE ${name}`),
  };
}

async function asAdmin(statement: string): Promise<void> {
  const client = new Client(testServer().adminUrl);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
