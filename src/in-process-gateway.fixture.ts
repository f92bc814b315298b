import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { freePorts } from '../lab/free-ports.fixture';
import { surround, type TestGateway, type TestGatewayOptions } from '../test/support/test-gateway';
import { createApplication } from './application';
import { createLog } from './platform/logging';

/** A gateway in the test's own process, for specs that reach into its classes. */
export interface InProcessGateway extends TestGateway {
  readonly app: NestFastifyApplication;
  /** Every log line written so far. */
  readonly logLines: readonly string[];
}

export function startInProcessGateway(options: TestGatewayOptions = {}): Promise<InProcessGateway> {
  return surround(options, async (environmentAt) => {
    const port = await freePorts(1); // `PUBLIC_URL` must be known before the gateway starts
    const url = `http://127.0.0.1:${port}`;
    const environment = environmentAt(url);
    const logLines: string[] = [];
    const log = createLog('debug', { write: (line) => void logLines.push(line) });
    const { app } = await createApplication(environment, log);
    await app.listen(port, '127.0.0.1');
    return { app, url, environment, logLines, log: () => Promise.resolve(logLines), stop: () => app.close() };
  });
}
