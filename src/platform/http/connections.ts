import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { DropArgument, Socket } from 'node:net';
import { addressGroup } from './client-address';

const CHECK_MS = 50;
/** So long a stop waits for a client that has no request under way. */
const IDLE_MS = 500;
/** So long the rest of a request may stay away meanwhile. A photograph comes over a mobile network, which pauses. */
const SILENT_REQUEST_MS = 1_000;
const SILENT_UPLOAD_MS = 10_000;
/**
 * A client that does not wait for an answer before it sends its next request loses its connection (RFC 9112 §9.3.2 allows that, and
 * no browser or proxy does it): a single read holds 1,500 requests. The connection counts for its address so much longer.
 */
const PIPELINED_MS = 60_000;

export interface ConnectionLimits {
  /** Connections of one address, an IPv6 /64 counting as one; 0 = no limit. */
  readonly maxPerAddress: number;
  /** Connections in all; 0 = no limit. */
  readonly maxTotal: number;
  /** A proxy in front opens as many as it wants, within the total. */
  readonly isProxy: (address: string | undefined) => boolean;
  readonly onRefused: (reason: 'address' | 'total', address: string) => void;
}

/** How long what was begun may take once the process stops. */
export interface DrainLimits {
  readonly requestMs: number;
  readonly uploadMs: number;
}

interface Connection {
  readonly group: string | undefined;
  /** To the latest request. */
  response?: ServerResponse;
  /** Whether that request brings a file. */
  isUpload: boolean;
  /** Counts for its address until then, although its client may have left. */
  heldUntil: number;
  /** What a stop has seen arrive, and when it saw more of it. */
  bytesRead: number;
  heardAt: number;
}

/** The open connections of the HTTP server: how many there may be, and which of them a stop waits for. */
export class Connections {
  readonly #open = new Map<Socket, Connection>();
  readonly #ofGroup = new Map<string, number>();
  #isClosing = false;

  constructor(
    private readonly server: Server,
    private readonly limits: ConnectionLimits,
    private readonly drain: DrainLimits,
  ) {
    if (limits.maxTotal > 0) server.maxConnections = limits.maxTotal;
    server.on('drop', (dropped?: DropArgument) => limits.onRefused('total', dropped?.remoteAddress ?? ''));
    server.on('connection', (socket: Socket) => this.#opened(socket));
    // A connection that could not be accepted concerns nobody else.
    server.on('error', () => undefined);
    // Before Fastify, which may answer at once.
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      const connection = this.#open.get(socket);
      if (connection === undefined) return;
      if (isServed(connection)) {
        connection.heldUntil = performance.now() + PIPELINED_MS;
        socket.destroy();
      }
      Object.assign(connection, { response, isUpload: false });
    });
  }

  /** The request now on this connection brings a file: it may take longer than others. */
  markUpload(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined) connection.isUpload = true;
  }

  /** The answer on this connection waits: until then the connection counts for its address, even if its client closes it. */
  hold(socket: Socket, ms: number): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined) connection.heldUntil = performance.now() + ms;
  }

  /** Whether the answer to a request that has not arrived completely is on its way: no other may be written. */
  answersEarly(socket: Socket): boolean {
    return isAnsweredEarly(this.#open.get(socket)?.response);
  }

  /** Whether clients are to be told that their connection ends with the answer. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** From now on they are: a proxy then has no idle connection left, on which it would send a request just as it is closed. */
  announceClosing(): void {
    this.#isClosing = true;
  }

  get uploads(): number {
    return [...this.#open.values()].filter((connection) => connection.isUpload && isServed(connection))
      .length;
  }

  /**
   * Lets every connection go whose client is not being served, for the time until the server has closed. Node does so once, when
   * closing begins: a connection that is answering then turns idle later, and one that owes a request, or the rest of one, never
   * counts as idle.
   */
  letGo(): void {
    this.announceClosing();
    if (!this.server.listening) return;
    const since = performance.now();
    const timer = setInterval(() => {
      this.server.closeIdleConnections();
      const now = performance.now();
      for (const [socket, connection] of this.#open) {
        const { bytesRead } = socket;
        if (bytesRead !== connection.bytesRead) Object.assign(connection, { bytesRead, heardAt: now });
        if (this.#mayGo(connection, now - since, now - connection.heardAt)) socket.destroy();
      }
    }, CHECK_MS);
    this.server.once('close', () => clearInterval(timer));
  }

  #mayGo(connection: Connection, stoppingMs: number, silentMs: number): boolean {
    if (!isServed(connection)) return stoppingMs >= IDLE_MS;
    const { isUpload, response } = connection;
    const isArriving = response?.req.complete === false;
    if (isArriving && silentMs >= (isUpload ? SILENT_UPLOAD_MS : SILENT_REQUEST_MS)) return true;
    const { requestMs, uploadMs } = this.drain;
    return stoppingMs >= (isUpload ? Math.max(uploadMs, requestMs) : requestMs);
  }

  #opened(socket: Socket): void {
    // Node takes its own listener away where it hands the socket over (CONNECT); a reset after that would be an unheard error.
    socket.on('error', () => undefined);
    const address = socket.remoteAddress;
    const group = this.limits.isProxy(address) ? undefined : addressGroup(address);
    const { maxPerAddress } = this.limits;
    if (group !== undefined && maxPerAddress > 0 && (this.#ofGroup.get(group) ?? 0) >= maxPerAddress) {
      socket.destroy();
      this.limits.onRefused('address', group);
      return;
    }
    const connection = { group, isUpload: false, heldUntil: 0, bytesRead: 0, heardAt: 0 };
    this.#open.set(socket, connection);
    this.#count(group, 1);
    socket.once('close', () => {
      this.#open.delete(socket);
      const heldMs = connection.heldUntil - performance.now();
      if (heldMs > 0) setTimeout(() => this.#count(group, -1), heldMs).unref();
      else this.#count(group, -1);
    });
  }

  #count(group: string | undefined, by: 1 | -1): void {
    if (group === undefined) return;
    const count = (this.#ofGroup.get(group) ?? 0) + by;
    if (count > 0) this.#ofGroup.set(group, count);
    else this.#ofGroup.delete(group);
  }
}

/** Whether a request is under way. */
function isServed({ response }: Connection): boolean {
  return response?.writableFinished === false && !isAnsweredEarly(response);
}

/** Whether only the rest of a request is still read, for the answer was given without it. */
function isAnsweredEarly(response: ServerResponse | undefined): boolean {
  return response !== undefined && response.headersSent && !response.req.complete;
}
