import { setImmediate } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Client } from 'pg';
import { type PlatformSettings, platformSettings } from '../config';
import { databaseAddress, loneConnection } from './connection';

/** A commit of its own that waits for the disk, and with it everything that was committed before. */
const FLUSH = { name: 'flush', text: "SELECT pg_logical_emit_message(true, 'kyc-gateway', '')" };
const FLUSH_WITHIN_MS = 10_000;

/**
 * Brings commits that did not wait for the disk there, many with one flush. A process has one connection for it, which is open
 * before a commit that it serves: a PostgreSQL that dies in between takes the connection along, so that nobody mistakes the
 * flush of a server that came back without the commit for the commit's own.
 */
@Injectable()
export class GroupFlush implements OnApplicationShutdown {
  #line: Promise<FlushLine> | undefined;

  constructor(@Inject(platformSettings.token) private readonly settings: PlatformSettings) {}

  /** To be had before the commit. */
  line(): Promise<FlushLine> {
    if (this.#line !== undefined) return this.#line;
    const client = loneConnection(databaseAddress(this.settings), {
      application_name: 'kyc-gateway flush',
      query_timeout: FLUSH_WITHIN_MS,
    });
    const line = client.connect().then(() => new FlushLine(client));
    const forget = (): void => {
      if (this.#line === line) this.#line = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    line.catch(forget);
    this.#line = line;
    return line;
  }

  async onApplicationShutdown(): Promise<void> {
    const line = await this.#line?.catch(() => undefined);
    await line?.close();
  }
}

/** One connection's flushes, one after the other. */
export class FlushLine {
  readonly #client: Client;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Resolves when everything that was committed before the call is on disk. @throws when nobody knows */
  flush(): Promise<void> {
    // The flush that runs may have begun too early for this commit; all that come meanwhile share the one after it.
    this.#next ??= this.#running.then(
      () => this.#flush(),
      () => this.#flush(),
    );
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#running.catch(() => undefined);
    await this.#client.end().catch(() => undefined);
  }

  async #flush(): Promise<void> {
    await setImmediate(); // for whoever heard of their commit in the same round of events
    this.#next = undefined;
    const flushing = this.#client.query(FLUSH);
    this.#running = flushing;
    // A line that could not flush is not used again: its end may never be heard of, when PostgreSQL's host is gone.
    await flushing.catch((error: unknown) => {
      void this.#client.end().catch(() => undefined);
      throw error;
    });
  }
}
