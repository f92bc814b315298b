import { createServer } from 'node:net';
import { errorCode } from './launch-error';

/** Tries to listen; the port that was bound (0 asks for any free one), or the system's error code. */
function probe(port: number, host: string): Promise<number | string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(errorCode(error) ?? error.message));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}

/** Null when something can listen there, else the system's error code (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, …). */
export async function whyNotFree(port: number, host: string): Promise<string | null> {
  const bound = await probe(port, host);
  return typeof bound === 'string' ? bound : null;
}

/** The preferred port of the loopback interface when it is free, else any free one. */
export async function freeLoopbackPort(preferred = 0): Promise<number> {
  for (const wish of [preferred, 0]) {
    const bound = await probe(wish, '127.0.0.1');
    if (typeof bound === 'number') return bound;
  }
  throw new Error('no free port on 127.0.0.1');
}
