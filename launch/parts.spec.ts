import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startGateway } from './parts';
import type { Supervisor } from './supervisor';

describe('A gateway that does not become ready', () => {
  it('is given up with what it answered last', async () => {
    let asked = false;
    const server = createServer((_request, response) => {
      asked = true;
      response.writeHead(503).end('{"status":"unavailable"}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => (asked ? 1_000_000 : 0));
    const supervisor = { run: (_program: unknown, ready: () => unknown) => ready() } as unknown as Supervisor;
    await expect(startGateway(supervisor, '/tmp', {}, url)).rejects.toThrow(
      `(${url}/health/ready: 503 {"status":"unavailable"}): its log /tmp/gateway.log says why.`,
    );
    clock.mockRestore();
    server.close();
  });
});
