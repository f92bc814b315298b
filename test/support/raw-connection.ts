import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One HTTP answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const ANSWER_WITHIN_MS = 10_000;

/** A TCP connection to the gateway, for bytes that no HTTP client would send. */
export class RawConnection {
  closed = false;
  #received = Buffer.alloc(0);

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => (this.#received = Buffer.concat([this.#received, chunk])));
    socket.on('close', () => (this.closed = true));
    socket.on('error', () => undefined);
  }

  /** @param from the address to come from; any of 127.0.0.0/8 is this machine */
  static async open(url: string, from?: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const localAddress = from === undefined ? {} : { localAddress: from };
    const socket = createConnection({ host: hostname, port: Number(port), ...localAddress });
    const connection = new RawConnection(socket);
    await once(socket, 'connect');
    return connection;
  }

  send(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** Sends it as the last bytes there are; answers may still come. */
  finish(bytes: string): void {
    this.socket.end(bytes);
  }

  /** Sends all of it at the pace the other side reads; false when the connection ended before. */
  async sendAll(bytes: Buffer): Promise<boolean> {
    for (let at = 0; at < bytes.length && !this.closed; at += 65_536)
      if (!this.socket.write(bytes.subarray(at, at + 65_536)))
        await Promise.race([once(this.socket, 'drain'), once(this.socket, 'close')]);
    return !this.closed;
  }

  /** The next answer; undefined when the connection ends or nothing comes. @param ofHead the answer to a HEAD has no body */
  async answer({ within = ANSWER_WITHIN_MS, ofHead = false } = {}): Promise<RawAnswer | undefined> {
    const until = performance.now() + within;
    while (performance.now() < until) {
      const answer = this.#take(ofHead);
      if (answer !== undefined) return answer;
      if (this.closed) return undefined;
      await sleep(5);
    }
    return undefined;
  }

  /** Everything received that no {@link answer} has taken. */
  get rest(): string {
    return this.#received.toString('latin1');
  }

  async end(within = ANSWER_WITHIN_MS): Promise<boolean> {
    const until = performance.now() + within;
    while (!this.closed && performance.now() < until) await sleep(5);
    return this.closed;
  }

  close(): void {
    this.socket.destroy();
  }

  #take(ofHead: boolean): RawAnswer | undefined {
    const headEnds = this.#received.indexOf('\r\n\r\n');
    if (headEnds < 0) return undefined;
    const [first = '', ...lines] = this.#received.subarray(0, headEnds).toString('latin1').split('\r\n');
    const status = Number(first.split(' ')[1]);
    if (status === 100) {
      this.#received = this.#received.subarray(headEnds + 4);
      return this.#take(ofHead);
    }
    const headers = Object.fromEntries(
      lines.map((line): [string, string] => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    );
    const length = ofHead || status === 204 ? 0 : Number(headers['content-length'] ?? 0);
    const ends = headEnds + 4 + length;
    if (this.#received.length < ends) return undefined;
    const body = this.#received.subarray(headEnds + 4, ends).toString('utf8');
    this.#received = this.#received.subarray(ends);
    return { status, headers, body };
  }
}
