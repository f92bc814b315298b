import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';
import { testServer } from './test-server';

export interface TestDatabase {
  /** `DATABASE_URL` of a migrated, empty database that the gateway's role owns. */
  url: string;
  /** Deletes the database, connections that are left to it included. */
  drop(): Promise<void>;
}

/** A database of one's own: one a test file is cheap (about 0.1 s). */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { adminUrl, ownerUrl, template } = testServer();
  return createDatabase(adminUrl, ownerUrl, `${template}_${randomBytes(6).toString('hex')}`, template);
}

/** Creates `name` as a copy of `template`, owned by the role of `ownerUrl`. */
export async function createDatabase(
  adminUrl: string,
  ownerUrl: string,
  name: string,
  template: string,
): Promise<TestDatabase> {
  const url = new URL(ownerUrl);
  const owner = decodeURIComponent(url.username);
  url.pathname = `/${name}`;
  await runAs(
    adminUrl,
    `CREATE DATABASE ${escapeIdentifier(name)} OWNER ${escapeIdentifier(owner)} TEMPLATE ${escapeIdentifier(template)}`,
  );
  return {
    url: url.href,
    drop: () => runAs(adminUrl, `DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`),
  };
}

async function runAs(url: string, statement: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
