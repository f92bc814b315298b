import fastify, { type FastifyInstance } from 'fastify';
import { attachFaults, FaultQueue } from './faults';

const REQUESTS_KEPT = 1000;

/** What every partner of the lab is started with. */
export interface PartnerOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly units: readonly string[];
  readonly now: () => Date;
  /** Absent = memory only. */
  readonly snapshotFile?: string;
}

/** A request as it reached a partner, before anything was judged. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** One partner's HTTP server: JSON and form bodies, the fault queue, and a record of what was asked. */
export class PartnerServer {
  readonly app: FastifyInstance;
  readonly faults = new FaultQueue();
  readonly #seen: SeenRequest[] = [];
  #url = '';

  constructor(options: { bodyLimitBytes?: number } = {}) {
    // forceCloseConnections: a hanging fault or a keep-alive client must not hold up close().
    this.app = fastify({ forceCloseConnections: true, bodyLimit: options.bodyLimitBytes ?? 1_048_576 });
    this.app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    );
    this.app.addHook('onRequest', ({ method, url, headers }, _reply, done) => {
      this.#seen.push({ method, url, headers });
      if (this.#seen.length > REQUESTS_KEPT) this.#seen.shift();
      done();
    });
    attachFaults(this.app, this.faults);
  }

  /** `http://host:port`, known once it listens. */
  get url(): string {
    return this.#url;
  }

  /** Port 0 = any free one. Rejects with `EADDRINUSE` when the port is taken. */
  async listen(host: string, port: number): Promise<string> {
    const bound = new URL(await this.app.listen({ host, port }));
    // Fastify tells the address that the name led to.
    this.#url = `http://${host}:${bound.port}`;
    return this.#url;
  }

  /** What was asked so far, oldest first. */
  requests(pathPrefix = ''): readonly SeenRequest[] {
    return this.#seen.filter(({ url }) => url.startsWith(pathPrefix));
  }

  close(): Promise<void> {
    return this.app.close();
  }
}
