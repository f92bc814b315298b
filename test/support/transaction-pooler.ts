import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Client } from 'pg';

/** A connection pooler in transaction mode with one session for everybody, as far as simple statements go. */
export interface TransactionPooler {
  /** The given address, through the pooler. */
  readonly url: string;
  close(): Promise<void>;
}

const READY_AND_IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const TERMINATE = 'X'.charCodeAt(0);
/** AuthenticationOk, BackendKeyData with numbers of its own, ReadyForQuery (PostgreSQL's documentation, "Message Formats"). */
const WELCOME = Buffer.concat([
  Buffer.from('R\0\0\0\x08\0\0\0\0', 'latin1'),
  Buffer.from('K\0\0\0\x0c\x12\x34\x56\x78\0\0\0\x01', 'latin1'),
  READY_AND_IDLE,
]);

export async function startTransactionPooler(target: string): Promise<TransactionPooler> {
  const client = new Client(target);
  client.on('error', () => undefined);
  await client.connect();
  const { stream: session } = client.connection;
  session.removeAllListeners('data');
  const waiting: { readonly from: Socket; readonly message: Buffer }[] = [];
  let owner: Socket | undefined;
  const next = (): void => {
    const turn = waiting.findIndex(({ from }) => owner === undefined || owner === from);
    const [item] = turn < 0 ? [] : waiting.splice(turn, 1);
    if (item === undefined) return;
    owner = item.from;
    session.write(item.message);
  };
  session.on('data', (answer: Buffer) => {
    owner?.write(answer);
    if (!answer.subarray(-READY_AND_IDLE.length).equals(READY_AND_IDLE)) return;
    owner = undefined;
    next();
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', () => {
      socket.write(WELCOME);
      socket.on('data', (message: Buffer) => {
        if (message[0] === TERMINATE) return;
        waiting.push({ from: socket, message });
        if (owner === undefined || owner === socket) next();
      });
    });
    socket.on('close', () => {
      sockets.delete(socket);
      if (owner === socket) session.write(Buffer.from('Q\0\0\0\x0dROLLBACK\0', 'latin1'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
