import './node-version';
import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { createApplication } from './application';
import { ConfigurationError, listenHost, processEnvironment } from './platform/config';
import type { Log } from './platform/logging';

/** sysexits.h: something is wrong with the configuration. */
const EX_CONFIG = 78;
const DRAIN_WITHIN_MS = 10_000;

// V8 lets its old generation grow to a multiple of what lives in it before it looks again: 20,000 codes in a row took the process
// from 209 to 326 MB with nothing retained. A fifth of slack keeps it at 175 MB and was measured to cost no throughput; unlike a
// limit for the heap it cannot run out when large images pass through. Set here because every way to start the program comes by.
setFlagsFromString('--heap-growing-percent=20');

/** Where a gateway that has started says what ends it. */
let running: Log | undefined;

async function main(): Promise<void> {
  const { app, settings, log } = await createApplication(processEnvironment());
  const host = listenHost(settings);
  const port = settings.values.PORT;
  let stopping = false;
  const stop = (reason: string): void => {
    if (stopping) return;
    stopping = true;
    log.info('stopping', { reason });
    setTimeout(() => process.exit(1), DRAIN_WITHIN_MS).unref();
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error('did not stop cleanly', {}, error);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  // Started by a launcher: when the launcher is gone, nobody would stop us any more.
  process.on('disconnect', () => stop('the parent process is gone'));
  await app.listen(port, host);
  running = log;
  log.info('ready', { role: settings.values.ROLE, host, port, node: process.version });
}

function fail(error: unknown): never {
  if (running !== undefined) {
    running.error('an error that nobody caught ends the gateway', { alarm: true }, error);
    process.exit(1);
  }
  if (error instanceof ConfigurationError) {
    process.stderr.write(
      `${error.message}:\n${error.problems.map((problem) => `  - ${problem}\n`).join('')}`,
    );
    process.stderr.write('See docs/generated/environment.md for every variable.\n');
    process.exit(EX_CONFIG);
  }
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    process.stderr.write('The port is taken: set PORT (or METRICS_PORT) to a free one.\n');
  else if (code === 'EACCES')
    process.stderr.write('The port may not be opened by this user: set PORT to one above 1023.\n');
  else
    process.stderr.write(
      `The gateway cannot start: ${error instanceof Error ? error.message : 'unknown error'}\n`,
    );
  process.exit(1);
}

process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);
main().catch(fail);
