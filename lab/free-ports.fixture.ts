import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/** Below the ports that systems hand out by themselves, so that nobody's outgoing call takes one in between. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** The first of `count` ports in a row that are free now. */
export async function freePorts(count: number): Promise<number> {
  const first = randomInt(LOWEST, HIGHEST);
  const ports = Array.from({ length: count }, (_none, index) => first + index);
  const tried = await Promise.allSettled(ports.map(occupy));
  const taken = tried.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  await Promise.all(taken.map(release));
  return taken.length === count ? first : freePorts(count);
}

/** Listens on a port until released. */
export function occupy(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

export function release(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
