import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayProcess } from './gateway-process';

const LOOK_EVERY_MS = 50;

/** A load balancer: a request goes to the gateways that say they are ready, one after the other. */
export class Balancer {
  readonly #gateways = new Map<GatewayProcess, { ready: boolean; requests: number }>();
  readonly #server = createServer((incoming, answer) => this.#forward(incoming, answer));
  #turn = 0;

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves once it is sent requests. */
  async add(gateway: GatewayProcess): Promise<void> {
    const state = { ready: false, requests: 0 };
    this.#gateways.set(gateway, state);
    void this.#watch(gateway, state);
    while (state.requests === 0) await sleep(LOOK_EVERY_MS);
  }

  /** Stops a gateway as a deployment does. @returns its exit code, and how many requests it was given */
  async retire(gateway: GatewayProcess): Promise<{ code: number | null; requests: number }> {
    const { requests = 0 } = this.#gateways.get(gateway) ?? {};
    this.#gateways.delete(gateway); // what it was given it still answers
    const { code } = await gateway.stop('SIGTERM');
    return { code, requests };
  }

  async close(): Promise<void> {
    this.#gateways.clear();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #watch(gateway: GatewayProcess, state: { ready: boolean }): Promise<void> {
    for (; this.#gateways.has(gateway); await sleep(LOOK_EVERY_MS)) state.ready = await gateway.isReady();
  }

  #forward(incoming: IncomingMessage, answer: ServerResponse): void {
    const ready = [...this.#gateways].filter(([, state]) => state.ready);
    const chosen = ready[this.#turn++ % ready.length];
    if (chosen === undefined) return void answer.writeHead(502).end();
    const [gateway, state] = chosen;
    state.requests += 1;
    const { method, headers } = incoming;
    const onward = request(gateway.url + (incoming.url ?? '/'), { method, headers, agent: false });
    onward.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  }
}
