import './node-version';
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { createApplication } from './application';
import { ConfigurationError, listenHost, processEnvironment } from './platform/config';
import type { Log } from './platform/logging';

/** sysexits.h: something is wrong with the configuration. */
const EX_CONFIG = 78;
/** Beyond the time that requests have: for jobs and connections to end. What takes longer hangs. */
const END_WITHIN_MS = 5_000;

// V8 lets its old generation grow to a multiple of what lives in it before it looks again: 20,000 codes in a row took the process
// from 209 to 326 MB with nothing retained. A fifth of slack keeps it at 175 MB and was measured to cost no throughput; unlike a
// limit for the heap it cannot run out when large images pass through. Set here because every way to start the program comes by.
setFlagsFromString('--heap-growing-percent=20');

/** Where a gateway that has started says what ends it. */
let running: Log | undefined;

async function main(): Promise<void> {
  const { app, settings, log, announceStop, uploadsInProgress } =
    await createApplication(processEnvironment());
  const host = listenHost(settings);
  const { PORT: port, ROLE: role, DRAIN_GRACE_SECONDS, DRAIN_SECONDS } = settings.values;
  let stopping = false;
  const stop = async (reason: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info('stopping', { reason });
    announceStop();
    await sleep(DRAIN_GRACE_SECONDS * 1000);
    let since = performance.now();
    setInterval(() => {
      if (uploadsInProgress() > 0) since = performance.now();
      if (performance.now() - since > DRAIN_SECONDS * 1000 + END_WITHIN_MS) process.exit(1);
    }, 500).unref();
    await app.close().catch((error: unknown) => {
      log.error('did not stop cleanly', {}, error);
      process.exit(1);
    });
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop(signal));
  // Started by a launcher: when the launcher is gone, nobody would stop us any more.
  process.on('disconnect', () => void stop('the parent process is gone'));
  await app.listen(port, host);
  running = log;
  log.info('ready', { role, host, port, node: process.version });
}

function fail(error: unknown): never {
  if (running !== undefined) {
    running.alarm('uncaught_error', 'an error that nobody caught ends the gateway', {}, error);
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
  if (code === 'EADDRINUSE') process.stderr.write('The port is taken: set PORT to a free one.\n');
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
