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
  /** From one request of a connection to its next, at least; 0 = as soon as it is answered. */
  readonly everyMs: number;
  /** What requests and answers of all connections together may have. */
  readonly bytesPerSecond: number;
}

/** How many answers of each status there were. */
export type FloodReport = Readonly<Record<string, number>>;

const HEAD_END = '\r\n\r\n';

class Flood {
  readonly #answers: Record<string, number> = {};
  readonly #always: Buffer | undefined;
  readonly #sockets = new Set<Socket>();
  #sent = 0;
  #stopped = false;

  constructor(private readonly order: FloodOrder) {
    if (!order.body.includes('#NUMBER#')) this.#always = this.#write(order.body);
    for (let connection = 0; connection < order.connections; connection += 1) this.#connect();
  }

  stop(): FloodReport {
    this.#stopped = true;
    for (const socket of this.#sockets) socket.destroy();
    return this.#answers;
  }

  #connect(): void {
    if (this.#stopped) return;
    const { port, everyMs, bytesPerSecond, connections } = this.order;
    const socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1');
    this.#sockets.add(socket);
    let received = '';
    let asked = 0;
    let bytes = 0;
    const ask = (): void => {
      if (socket.destroyed) return;
      asked = performance.now();
      const request = this.#next();
      bytes = request.length;
      socket.write(request);
    };
    // A server that hangs up has answered, too.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      setImmediate(() => this.#connect());
    });
    socket.on('connect', ask);
    socket.on('data', (chunk: string) => {
      received += chunk;
      const end = endOfAnswer(received);
      if (end === undefined) return;
      const status = received.slice(9, 12);
      this.#answers[status] = (this.#answers[status] ?? 0) + 1;
      received = received.slice(end);
      const lineMs = (1_000 * connections * (bytes + end)) / bytesPerSecond;
      const wait = Math.max(everyMs, lineMs) - (performance.now() - asked);
      if (wait > 0) setTimeout(ask, wait);
      else ask();
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

/** Where an answer with a length or in chunks ends; undefined while it is not all there. */
function endOfAnswer(received: string): number | undefined {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = received.slice(0, headEnd + 2);
  if (/\r\ntransfer-encoding: chunked\r\n/i.test(head)) {
    const last = received.indexOf('\r\n0\r\n\r\n', headEnd);
    return last < 0 ? undefined : last + 7;
  }
  const end = headEnd + HEAD_END.length + Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1] ?? 0);
  return received.length >= end ? end : undefined;
}

let flood: Flood | undefined;
process.on('message', (message: FloodOrder | 'stop') => {
  if (message !== 'stop') flood = new Flood(message);
  else process.send?.(flood?.stop() ?? {});
});
process.once('disconnect', () => process.exit(0));
