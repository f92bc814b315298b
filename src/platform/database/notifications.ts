import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type Client, escapeIdentifier } from 'pg';
import { Log } from '../logging';
import { databaseAddress, loneConnection } from './connection';
import { Database } from './database';
import { type DatabaseSettings, databaseSettings } from './database.settings';
import type { Prepared } from './transaction';

type Listener = (payload: string) => void;

const RECONNECT_MS = 1_000;
const END_WITHIN_MS = 1_000;

/** A notification's commit counts as a write. What listeners need not hear after a crash does not wait for the disk, nor make others wait. */
const NOTIFY: Prepared = {
  name: 'notify',
  text: `SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, payload) FROM unnest($2::text[]) payload`,
};

/**
 * PostgreSQL LISTEN/NOTIFY over one connection a process. Delivery is best effort: a listener also looks by itself
 * now and then. NOTIFY is sent outside transactions, because inside it serialises commits.
 */
@Injectable()
export class Notifications implements OnApplicationShutdown {
  readonly #listeners = new Map<string, Set<Listener>>();
  #client: Promise<Client> | undefined;
  #closed = false;

  constructor(
    @Inject(databaseSettings.token) private readonly settings: DatabaseSettings,
    private readonly database: Database,
    private readonly log: Log,
  ) {}

  /** Calls `listener` for every notification of `channel`, and once with `''` when a connection that could not be made, or was lost, is there. */
  async listen(channel: string, listener: Listener): Promise<() => void> {
    const known = this.#listeners.get(channel);
    const listeners = known ?? new Set<Listener>();
    listeners.add(listener);
    this.#listeners.set(channel, listeners);
    if (known === undefined)
      await this.#connected()
        .then((client) => client.query(`LISTEN ${escapeIdentifier(channel)}`))
        .catch(() => this.#lost());
    return () => listeners.delete(listener);
  }

  /** Tells every process; failures are logged, never thrown: a notification is only a hint. */
  notify(channel: string, payloads: readonly string[]): void {
    this.database.query(NOTIFY, [channel, payloads]).catch((error: unknown) => {
      this.log.warn('notification not sent', {
        channel,
        reason: error instanceof Error ? error.name : 'unknown',
      });
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.#closed = true;
    const client = await this.#client?.catch(() => undefined);
    // The end of a connection whose host is gone is not answered.
    const ended = client?.end().catch(() => undefined);
    await Promise.race([ended, sleep(END_WITHIN_MS, undefined, { ref: false })]);
  }

  #connected(): Promise<Client> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<Client> {
    const client = loneConnection(databaseAddress(this.settings), {
      application_name: 'kyc-gateway listener',
    });
    client.on('notification', ({ channel, payload }) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(payload ?? '');
    });
    await client.connect();
    client.once('end', () => this.#lost()); // it follows every error, once
    return client;
  }

  #lost(): void {
    if (this.#closed || this.#client === undefined) return;
    this.#client = undefined;
    setTimeout(() => void this.#reconnect(), RECONNECT_MS).unref();
  }

  async #reconnect(): Promise<void> {
    if (this.#closed) return;
    try {
      const client = await this.#connected();
      for (const [channel, listeners] of this.#listeners) {
        await client.query(`LISTEN ${escapeIdentifier(channel)}`);
        for (const listener of listeners) listener('');
      }
      this.log.info('listening to the database again');
    } catch {
      this.#lost();
    }
  }
}
