import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An SMS aggregator that notes when each code arrived. */
export interface Provider {
  readonly url: string;
  /** By code, on the clock of `performance.now()`. */
  readonly arrivals: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** The codes of the benchmarks; texts hold one each. */
const CODE = /\bB\d{8}\b/;

export async function startProvider(): Promise<Provider> {
  const arrivals = new Map<string, number>();
  const server = createServer((request, response) => {
    const arrived = performance.now();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const code = CODE.exec(Buffer.concat(chunks).toString())?.[0];
      if (code !== undefined) arrivals.set(code, arrived);
      response.setHeader('content-type', 'application/json');
      response.end('{"success":true,"msg_id":"1"}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
