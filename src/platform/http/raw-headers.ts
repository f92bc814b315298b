import type { IncomingMessage } from 'node:http';

/** How many headers of this name (in lower case) a request has: Node keeps only the first of those that may stand once. */
export function timesSent({ rawHeaders }: IncomingMessage, name: string): number {
  let times = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const sent = rawHeaders[index];
    if (sent?.length === name.length && sent.toLowerCase() === name) times += 1;
  }
  return times;
}
