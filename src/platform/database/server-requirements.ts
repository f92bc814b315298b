import type { Client } from 'pg';
import { type DatabaseAddress, loneConnection } from './connection';

const MAX_SESSIONS = 5;
const WITHIN_MS = 2_000;

const MIN_VERSION = 13;
const TRANSACTION_POOLING =
  'leads to a connection pooler in transaction or statement mode: set it to session mode, or name PostgreSQL itself';

/** Why the gateway cannot work with what an address leads to, to be said behind the address’s name; null where it can. */
export async function unmetRequirement(address: DatabaseAddress): Promise<string | null> {
  const open: Client[] = [];
  const connect = async (): Promise<Client> => {
    const client = loneConnection(address, { query_timeout: WITHIN_MS });
    open.push(client);
    await client.connect();
    return client;
  };
  try {
    const first = await connect();
    const version = await versionOf(first);
    if (parseInt(version, 10) < MIN_VERSION)
      return `leads to PostgreSQL ${version}: version ${MIN_VERSION} or newer is needed`;
    return (await poolsTransactions(first, connect)) ? TRANSACTION_POOLING : null;
  } finally {
    await Promise.all(open.map((client) => client.end().catch(() => undefined)));
  }
}

/**
 * Whether a pooler gives each transaction whichever session is free: what a session keeps (prepared statements, LISTEN, advisory locks,
 * its time limit) would be lost, or another's.
 */
async function poolsTransactions(first: Client, connect: () => Promise<Client>): Promise<boolean> {
  const session = await sessionOf(first);
  // A pooler announces a number of its own; without one nothing is in between.
  return session !== announced(first) && (await isShared(session, first, connect));
}

/** Whether others are given the session of a client that is still there. Each holds its own until the end, so that it comes round. */
async function isShared(session: number, first: Client, connect: () => Promise<Client>): Promise<boolean> {
  for (let others = 0; others < MAX_SESSIONS; others += 1) {
    try {
      const other = await connect();
      await other.query('BEGIN');
      if ((await sessionOf(other)) === session) return true;
    } catch (error) {
      const words = error instanceof Error ? error.message : '';
      if (/statement pooling/i.test(words)) return true;
      if (/read timeout/i.test(words))
        throw new Error(`${words}: the connection pooler has too few sessions`, { cause: error });
      throw error;
    }
    if ((await sessionOf(first)) !== session) return true;
  }
  return false;
}

async function versionOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  return rows[0]?.server_version ?? '';
}

async function sessionOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

/** The session's number as it was told at the start. */
function announced(client: Client): unknown {
  return 'processID' in client ? client.processID : undefined;
}
