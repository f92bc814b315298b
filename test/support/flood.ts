import { connect, type Socket } from 'node:net';

/**
 * A process that does nothing but send requests: what that costs must not be taken for what the gateway costs. Its parent tells it what
 * to send, and `stop`; then it tells what was answered.
 */
export interface FloodOrder {
  readonly port: number;
  readonly connections: number;
  /** The request's head up to its `content-length`, and its body; `#NUMBER#` in the body counts upwards from `first`. */
  readonly head: string;
  readonly body: string;
  readonly first: number;
  /** Where the connections come from, one after the other; any of 127.0.0.0/8 is this machine. */
  readonly from: readonly string[];
}

/** How many answers of each status there were. */
export type FloodReport = Readonly<Record<string, number>>;

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '\r\n0\r\n\r\n';

class Flood {
  readonly #answers: Record<string, number> = {};
  readonly #always: Buffer | undefined;
  readonly #sockets = new Set<Socket>();
  #sent = 0;
  #stopped = false;

  constructor(private readonly order: FloodOrder) {
    if (!order.body.includes('#NUMBER#')) this.#always = this.#write(order.body);
    for (let connection = 0; connection < order.connections; connection += 1)
      this.#connect(order.from[connection % order.from.length]);
  }

  stop(): FloodReport {
    this.#stopped = true;
    for (const socket of this.#sockets) socket.destroy();
    return this.#answers;
  }

  #connect(localAddress: string | undefined): void {
    if (this.#stopped) return;
    const { port } = this.order;
    const socket = connect({ host: '127.0.0.1', port, ...(localAddress && { localAddress }) })
      .setNoDelay(true)
      .setEncoding('latin1');
    this.#sockets.add(socket);
    let head = '';
    /** Bytes of the answer that are still to come; unknown before its head, and where it comes in chunks. */
    let missing = Number.NaN;
    const ask = (): void => {
      head = '';
      socket.write(this.#next());
    };
    // A server that hangs up has answered, too.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      setImmediate(() => this.#connect(localAddress));
    });
    socket.on('connect', ask);
    socket.on('data', (chunk: string) => {
      if (head.includes(HEAD_END)) missing -= chunk.length;
      else {
        head += chunk;
        missing = missingAfter(head);
      }
      if (!(missing <= 0) && !chunk.endsWith(LAST_CHUNK)) return;
      const status = head.slice(9, 12);
      this.#answers[status] = (this.#answers[status] ?? 0) + 1;
      ask();
    });
  }

  #next(): Buffer {
    if (this.#always !== undefined) return this.#always;
    const number = String(this.order.first + this.#sent);
    this.#sent += 1;
    return this.#write(this.order.body.replaceAll('#NUMBER#', number));
  }

  #write(body: string): Buffer {
    return Buffer.from(`${this.order.head}content-length: ${Buffer.byteLength(body)}${HEAD_END}${body}`);
  }
}

function missingAfter(received: string): number {
  const headEnd = received.indexOf(HEAD_END);
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(received.slice(0, headEnd + 2))?.[1];
  return headEnd + HEAD_END.length + Number(length ?? Number.NaN) - received.length;
}

let flood: Flood | undefined;
process.on('message', (message: FloodOrder | 'stop') => {
  if (message !== 'stop') flood = new Flood(message);
  else process.send?.(flood?.stop() ?? {});
});
process.once('disconnect', () => process.exit(0));
