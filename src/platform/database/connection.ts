import { Client, type ClientBase, type ClientConfig } from 'pg';
import { needsTls, withoutTlsParameters } from '../config';
import type { DatabaseSettings } from './database.settings';

/** Waiting longer for a connection than this means "the database is away": callers hear 503 within 3 s. */
export const CONNECT_WITHIN_MS = 2_000;
const SET_UP_WITHIN_MS = 1_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** A connection that PostgreSQL's own time-out was not heard on by then is dead: its host is gone, and nothing else would tell. */
const SILENT_FOR_MS = STATEMENT_TIMEOUT_MS + 5_000;

/**
 * Firewalls and load balancers forget a connection on which nothing is said for some minutes, without telling either end; the system's
 * own probes begin after two hours.
 */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 30_000 } as const;

/** Where PostgreSQL is and how it is spoken to. */
export interface DatabaseAddress {
  /** Says nothing about TLS, because the driver takes the URL's word before any other. */
  readonly url: string;
  readonly ssl: false | { readonly rejectUnauthorized: true; readonly ca?: string };
}

export function databaseAddress({ values }: DatabaseSettings): DatabaseAddress {
  return addressOf(values.DATABASE_URL.reveal(), values);
}

/** The same as the owner of the schema, where that is another role. */
export function migrationAddress({ values }: DatabaseSettings): DatabaseAddress {
  return addressOf((values.DATABASE_MIGRATION_URL ?? values.DATABASE_URL).reveal(), values);
}

function addressOf(url: string, { DATABASE_TLS, DATABASE_CA }: DatabaseSettings['values']): DatabaseAddress {
  const ca = DATABASE_CA === undefined ? {} : { ca: DATABASE_CA };
  return {
    url: withoutTlsParameters(url),
    ssl: DATABASE_TLS === 'verify' && needsTls(url) ? { rejectUnauthorized: true, ...ca } : false,
  };
}

/** A connection outside the pool. Whatever waits for an answer hears of its end; the error event beside that would end the process. */
export function loneConnection(address: DatabaseAddress, config: ClientConfig): Client {
  const client = new Client({
    connectionString: address.url,
    ssl: address.ssl,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    ...KEEP_ALIVE,
    ...config,
  });
  client.on('error', () => undefined);
  return client;
}

/** What the pool does with each connection. */
export function poolOptions(lost: (reason: unknown) => void): object {
  return {
    ...KEEP_ALIVE,
    query_timeout: SILENT_FOR_MS,
    // A connection that was silent for so long is closed; otherwise the pool would hand it to the next.
    pipeline: true,
    onConnect: async (client: ClientBase): Promise<void> => {
      // For as long as it lives: the pool hands it over before its next owner can listen, and its end in between would be unheard.
      client.once('error', lost);
      client.on('error', () => undefined);
      // No start-up parameter: poolers refuse those that they do not know.
      await client.query(within(SET_UP_WITHIN_MS, `SET statement_timeout = ${STATEMENT_TIMEOUT_MS}`));
    },
  };
}

/** A statement with a time limit of its own. */
function within(ms: number, text: string): { readonly text: string; readonly query_timeout: number } {
  return { text, query_timeout: ms };
}
