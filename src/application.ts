import { NestFactory } from '@nestjs/core';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule, declarations, variablesOfOthers } from './app.module';
import { Cors } from './auth';
import { readBusinessUnits } from './business-units';
import { setupConsole } from './console';
import { setupDocumentation } from './documentation';
import { gtfSettings } from './gtf';
import {
  loadSettings,
  type PlatformSettings,
  platformSettings,
  type RawEnvironment,
  unknownVariables,
} from './platform/config';
import { notFound } from './platform/errors';
import { HealthChecks } from './platform/health';
import { createHttpServer, HttpTraffic, ProblemFilter } from './platform/http';
import { createLog, type Log, NestLog } from './platform/logging';

/** A gateway that is wired but does not listen yet. */
export interface Application {
  readonly app: NestFastifyApplication;
  readonly settings: PlatformSettings;
  readonly log: Log;
  /** The first step of a stop: from now on `/health/ready` says so, each answer ends its connection, and everything else goes on. */
  readonly announceStop: () => void;
  /** Images on their way through this process. */
  readonly uploadsInProgress: () => number;
}

/**
 * Builds the whole program from an environment. `main.ts` and the specs beside classes use the same way in.
 * @throws ConfigurationError when the environment cannot be used
 */
export async function createApplication(environment: RawEnvironment, givenLog?: Log): Promise<Application> {
  const units = readBusinessUnits(environment);
  const registry = loadSettings(declarations, units, environment, variablesOfOthers);
  const settings = registry.of(platformSettings);
  const log = givenLog ?? createLog(settings.values.LOG_LEVEL);
  // With `CONFIG_UNKNOWN=warn`; else they are problems, and the program does not come here.
  for (const problem of unknownVariables(declarations, units, variablesOfOthers, environment))
    log.warn('unknown variable', { problem });
  let traffic: HttpTraffic | undefined = undefined;
  const { values } = settings;
  const gtf = registry.of(gtfSettings);
  const { adapter, connections, refuseOtherMethods } = createHttpServer({
    trustProxy: values.TRUST_PROXY ?? 0,
    connections: {
      maxPerAddress: values.MAX_CONNECTIONS_PER_ADDRESS,
      maxTotal: values.MAX_CONNECTIONS,
      onRefused: (reason, address) => traffic?.connectionRefused(reason, address),
    },
    anonymous: {
      perSecond: values.ANONYMOUS_REQUESTS_PER_SECOND,
      isProven: ({ caller }) => caller !== undefined,
      onHeld: (address) => traffic?.answerHeld(address),
    },
    drain: { requestMs: values.DRAIN_SECONDS * 1000, uploadMs: gtf.values.GTF_UPLOAD_TIMEOUT_MS },
    onFrameworkError: (error, request, reply) => app.get(ProblemFilter).answer(error, request, reply),
    onResponse: (request, reply) => traffic?.record(request, reply),
  });
  const app: NestFastifyApplication = await NestFactory.create(AppModule.forRoot(registry, log), adapter, {
    logger: new NestLog(log),
    bodyParser: false,
    abortOnError: false,
  });
  traffic = app.get(HttpTraffic);
  if (values.ROLE === 'worker') serveOperationOnly(app, adapter);
  else {
    if (values.DOCS === 'on') setupDocumentation(app);
    setupConsole(app, log);
  }
  app.get(Cors).install(adapter.getInstance());
  await app.init();
  refuseOtherMethods();
  return {
    app,
    settings,
    log,
    announceStop: () => {
      app.get(HealthChecks).stop();
      connections.announceClosing();
    },
    uploadsInProgress: () => connections.uploads,
  };
}

/** A worker listens for health and metrics alone. */
function serveOperationOnly(app: NestFastifyApplication, adapter: FastifyAdapter): void {
  adapter.getInstance().addHook('onRequest', (request, reply, done) => {
    if (/^\/(health\/|metrics)/.test(request.routeOptions.url ?? '')) return done();
    app.get(ProblemFilter).answer(notFound('There is nothing at this address.'), request, reply);
  });
}
