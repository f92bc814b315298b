import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between the gateway and PostgreSQL, and ends connections at the worst moment. */
export interface TerminatingProxy {
  /** The given address, through the proxy. */
  readonly url: string;
  /** Connections ended so far. */
  readonly ended: number;
  /** From now on the answer to a statement with these words comes in one piece with the word that an administrator ended the connection. */
  endWith(words: string): void;
  /** Connections last again. */
  spare(): void;
  close(): Promise<void>;
}

/** ReadyForQuery outside a transaction (PostgreSQL's documentation, "Message Formats"). */
const READY_AND_IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const TERMINATED = errorResponse('FATAL', '57P01', 'terminating connection due to administrator command');

export async function startTerminatingProxy(target: string): Promise<TerminatingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let fatal: string | undefined;
  let ended = 0;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let asked = false;
    client.pipe(upstream);
    client.on('data', (chunk: Buffer) => {
      asked ||= fatal !== undefined && chunk.includes(fatal);
    });
    upstream.on('data', (chunk: Buffer) => {
      const answered = asked && chunk.subarray(-READY_AND_IDLE.length).equals(READY_AND_IDLE);
      if (!answered) return void client.write(chunk);
      ended += 1;
      upstream.removeAllListeners('data').destroy();
      client.end(Buffer.concat([chunk, TERMINATED]));
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.end());
    keep(client);
    keep(upstream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    get ended() {
      return ended;
    },
    endWith: (words) => {
      fatal = words;
    },
    spare: () => {
      fatal = undefined;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function errorResponse(severity: string, code: string, message: string): Buffer {
  const fields = Buffer.from(`S${severity}\0V${severity}\0C${code}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
