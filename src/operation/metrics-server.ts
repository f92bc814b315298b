import { createServer, type Server } from 'node:http';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { listenHost, metricsPort, type PlatformSettings, platformSettings } from '../platform/config';
import { Metrics } from '../platform/metrics';

/** `/metrics` on a port of its own, so that the public port need not show it. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  #server: Server | undefined;

  constructor(
    @Inject(platformSettings.token) private readonly settings: PlatformSettings,
    private readonly metrics: Metrics,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const port = metricsPort(this.settings) ?? 0;
    if (port === 0) return;
    const server = createServer((request, response) => {
      if (request.url?.split('?')[0] !== '/metrics') return response.writeHead(404).end();
      this.metrics.text().then(
        (text) => response.writeHead(200, { 'content-type': this.metrics.registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
      return undefined;
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      const fail = ({ code = '' }: NodeJS.ErrnoException): void =>
        reject(new Error(`METRICS_PORT ${port} cannot be used (${code}): set it to a free one, or to 0`));
      server.once('error', fail);
      server.on('error', () => undefined); // later: a connection that could not be accepted
      server.listen(port, this.settings.values.METRICS_HOST ?? listenHost(this.settings), resolve);
    });
  }

  onApplicationShutdown(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}
