import fastify, { type FastifyInstance } from 'fastify';
import { attachFaults, FaultQueue } from './faults';
import { html, page } from './html';

const REQUESTS_KEPT = 1000;
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#2563eb"/><path d="M4 8l3 3 5-6" fill="none" stroke="#fff" stroke-width="2"/></svg>';

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

  /** @param options `plays`: whom a server without pages of its own stands for */
  constructor(options: { bodyLimitBytes?: number; plays?: string } = {}) {
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
    this.app.get('/favicon.ico', (_request, reply) => reply.type('image/svg+xml').send(ICON));
    const { plays } = options;
    if (plays !== undefined) {
      this.app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(aboutPage(plays)));
    }
  }

  /** `http://host:port`, known once it listens. */
  get url(): string {
    return this.#url;
  }

  /** Port 0 = any free one. Rejects with `EADDRINUSE` when the port is taken. */
  async listen(host: string, port: number): Promise<string> {
    const bound = new URL(await this.app.listen({ host, port }));
    // Fastify tells the address that the name led to.
    this.#url = `http://${nameOf(host)}:${bound.port}`;
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

/** What a place is called that listens on every address, as in a container whose ports are published on this machine. */
export function nameOf(host: string): string {
  return host === '0.0.0.0' ? 'localhost' : host;
}

function aboutPage(plays: string): string {
  const body = html`<p>
    This server of the partner lab plays ${plays} for the gateway. People have nothing to do here: the lab's
    inbox shows what arrived, and its address is printed when the lab starts.
  </p>`;
  return page({ title: plays, links: [], body });
}
