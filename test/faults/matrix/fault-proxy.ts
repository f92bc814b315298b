import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestAuthority } from '../../support/certificates';

/** A partner's proper answer. */
export interface ProperAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A request that is to be spoiled. */
export interface Exchange {
  readonly response: ServerResponse;
  readonly socket: Socket;
  /** Ends the connection with a TCP reset. */
  reset(): void;
  /** Lets the partner do its work, and holds its answer back. */
  proper(): Promise<ProperAnswer>;
}

/** What becomes of a request. */
export type Play = (exchange: Exchange) => void | Promise<void>;

/** What is wrong with a partner's server while the fault lasts. */
export interface Fault {
  readonly name: string;
  /** Absent, requests are served properly. */
  readonly play?: Play;
  readonly certificate?: 'expired' | 'for another name' | 'of an unknown authority';
  /** The partner's name does not resolve. */
  readonly nameless?: boolean;
}

interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
}

export type Certificates = Readonly<Record<'good' | NonNullable<Fault['certificate']>, ServerCertificate>>;

/** Certificates for a set of hosts: one that a gateway which knows the authority accepts, and those it must not. */
export function certificatesFor(hosts: readonly string[], known: TestAuthority): Certificates {
  const [host = '', ...others] = hosts;
  const unknown = new TestAuthority();
  const of = ({ key }: TestAuthority, cert: string): ServerCertificate => ({ key, cert });
  return {
    good: of(known, known.serverCertificate(host, HOURS, ...others)),
    expired: of(known, known.serverCertificate(host, -1, ...others)),
    'for another name': of(known, known.serverCertificate('somebody-else.test', HOURS)),
    'of an unknown authority': of(unknown, unknown.serverCertificate(host, HOURS, ...others)),
  };
}

const HOURS = 24;
const CLOSED_WITHIN_MS = 2_000;

/** Stands over TLS in front of a partner's server: passes everything on, but for the requests that a fault spoils. */
export class FaultProxy {
  /** Requests and connections that the present fault spoiled. */
  spoiled = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #fault: Fault | undefined;
  #path = /$/;
  #times = 0;

  private constructor(
    readonly host: string,
    private readonly target: string,
    private readonly certificates: Certificates,
  ) {
    this.#server = createServer({ ...certificates.good, keepAliveTimeout: 60_000 }, (request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('tlsClientError', () => (this.spoiled += 1));
  }

  static async start(host: string, target: string, certificates: Certificates): Promise<FaultProxy> {
    const proxy = new FaultProxy(host, target, certificates);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `https://${this.host}:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on requests to such a path (method and path) are spoiled, at most so many times. */
  async spoil(fault: Fault, path: RegExp, times = Infinity): Promise<void> {
    [this.#fault, this.#path, this.#times, this.spoiled] = [fault, path, times, 0];
    if (fault.certificate === undefined && fault.nameless !== true) return;
    this.#server.setSecureContext(this.certificates[fault.certificate ?? 'good']);
    // Kept connections would go on as they began; the other side knows that they are over once it has closed them, too.
    const kept = [...this.#sockets];
    for (const socket of kept) socket.end();
    await Promise.race([Promise.all(kept.map((socket) => once(socket, 'close'))), sleep(CLOSED_WITHIN_MS)]);
    for (const socket of kept) socket.destroy();
  }

  heal(): void {
    this.#fault = undefined;
    this.#server.setSecureContext(this.certificates.good);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const play = this.#fault?.play;
    const isMeant = play !== undefined && this.#times > 0 && this.#path.test(`${method} ${url}`);
    const body = await buffer(request);
    const proper = (): Promise<ProperAnswer> => this.#forward(request, body);
    if (isMeant) {
      this.#times -= 1;
      this.spoiled += 1;
      const { socket } = request;
      return play({ response, socket, proper, reset: () => this.#reset(socket) });
    }
    const answer = await proper();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  /** TLS hides the connection beneath it, which alone can be reset. */
  #reset({ remotePort }: Socket): void {
    for (const socket of this.#sockets) if (socket.remotePort === remotePort) socket.resetAndDestroy();
  }

  async #forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<ProperAnswer> {
    const { hostname, port } = new URL(this.target);
    const { host: _host, connection: _connection, ...kept } = headers;
    const forwarded = httpRequest({ method, path: url, hostname, port, headers: kept, agent: false });
    forwarded.end(body);
    const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
    const bytes = await buffer(answer);
    const { connection: _closed, 'transfer-encoding': _chunked, ...own } = answer.headers;
    const named = Object.entries(own).map(([name, value]) => [name, String(value)] as const);
    return {
      status: answer.statusCode ?? 0,
      headers: { ...Object.fromEntries(named), 'content-length': String(bytes.length) },
      body: bytes,
    };
  }
}
