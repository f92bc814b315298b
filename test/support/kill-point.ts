import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a process and PostgreSQL, and acts at a chosen moment of a statement. */
export interface KillPoint {
  /** The given address, through the proxy. */
  readonly url: string;
  /**
   * Acts once, as soon as a statement with one of these words (or a prepared one of that name) is `asked`, before PostgreSQL hears of
   * it, or `answered`, before the process hears of that.
   */
  at(words: string, moment: 'asked' | 'answered', act: () => void): void;
  close(): Promise<void>;
}

/** ReadyForQuery (PostgreSQL's documentation, "Message Formats"), whatever the state of the transaction. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5]);

interface Trap {
  readonly words: string;
  readonly moment: 'asked' | 'answered';
  readonly act: () => void;
}

export async function startKillPoint(target: string): Promise<KillPoint> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let trap: Trap | undefined;
  const spring = (sprung: Trap): void => {
    trap = undefined;
    sprung.act();
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let awaited: Trap | undefined;
    client.on('data', (chunk: Buffer) => {
      const met = trap !== undefined && chunk.includes(trap.words) ? trap : undefined;
      if (met?.moment === 'asked') {
        spring(met);
        return void client.destroy();
      }
      awaited = met ?? awaited;
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (awaited !== undefined && awaited === trap && chunk.subarray(-6, -1).equals(READY)) {
        spring(awaited);
        return void client.destroy();
      }
      client.write(chunk);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    at: (words, moment, act) => (trap = { words, moment, act }),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
