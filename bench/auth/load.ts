import { connect, type Socket } from 'node:net';

const CONNECTIONS = 24;
const HEADERS_END = Buffer.from('\r\n\r\n');
const OK = 'HTTP/1.1 200 ';

/**
 * Sends every request over kept-alive connections as fast as the server answers.
 * Raw sockets: an HTTP client would cost more than the servers it measures.
 */
export async function load(
  port: number,
  requests: readonly Buffer[],
  connections = CONNECTIONS,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: connections }, () =>
      connection(port, () => {
        const request = requests[next];
        next += 1;
        return request;
      }),
    ),
  );
}

/** Takes requests until there are none left. */
function connection(port: number, take: () => Buffer | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received: Buffer = Buffer.alloc(0);
    const proceed = (): void => {
      const request = take();
      if (request === undefined) return void socket.end(resolve);
      socket.write(request);
    };
    socket.setNoDelay(true);
    socket.on('connect', proceed);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server hung up')));
    socket.on('data', (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const end = endOfAnswer(received);
      if (end === undefined) return;
      if (!received.subarray(0, OK.length).equals(Buffer.from(OK))) return fail(socket, received, reject);
      received = received.subarray(end);
      proceed();
    });
  });
}

function endOfAnswer(received: Buffer): number | undefined {
  const headersEnd = received.indexOf(HEADERS_END);
  if (headersEnd < 0) return undefined;
  const head = received.toString('latin1', 0, headersEnd);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
  const end = headersEnd + HEADERS_END.length + length;
  return received.length >= end ? end : undefined;
}

function fail(socket: Socket, received: Buffer, reject: (error: Error) => void): void {
  socket.destroy();
  reject(new Error(`not 200: ${received.toString('latin1').slice(0, 400)}`));
}
