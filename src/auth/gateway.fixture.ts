import { randomBytes } from 'node:crypto';
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { getRepositoryToken } from '@nestjs/typeorm';
import type { FastifyInstance } from 'fastify';
import { DataSource } from 'typeorm';
import { BusinessUnitsModule, businessUnitSettings, readBusinessUnits } from '../business-units';
import { loadSettings, platformSettings, Secret, SettingsModule } from '../platform/config';
import { BlindIndex } from '../platform/crypto';
import { HealthChecks } from '../platform/health';
import { createHttpServer, HttpTraffic, ProblemFilter } from '../platform/http';
import { Limits } from '../platform/limits';
import { createLog, LoggingModule } from '../platform/logging';
import { Metrics, MetricsModule } from '../platform/metrics';
import { OutboundModule } from '../platform/outbound';
import { Clock } from '../platform/time';
import { AuthModule, authSettings } from './index';
import { JwksSnapshot } from './keys/jwks-snapshot.entity';

type Environment = Readonly<Record<string, string>>;

const BASIC_ENVIRONMENT: Environment = {
  DATABASE_URL: 'postgres://nobody@127.0.0.1/none',
  LOG_LEVEL: 'info',
  BUSINESS_UNITS: 'nanovest,siminvest',
  BU_NANOVEST_AZP_ALLOWED: 'nanovest-web,nanovest-mobile',
  BU_NANOVEST_API_CREDENTIALS: 'old-desk:first:secret,new-desk:second-secret',
  BU_SIMINVEST_API_CREDENTIALS: 'desk:third-secret',
};

/** A clock that tests move. */
export class MovableClock extends Clock {
  /** Milliseconds that seem to have passed. */
  ahead = 0;
  /** Milliseconds by which somebody set the clock, while none passed. */
  setBy = 0;

  override now(): number {
    return Date.now() + this.ahead + this.setBy;
  }

  override elapsed(): number {
    return performance.now() + this.ahead;
  }
}

const AWAY = (): Promise<never> => Promise.reject(new Error('Connection terminated'));

/** Stands in for the one table this module owns. */
export class KeptKeySets {
  #kept: { keys: unknown; ageMs: number }[] = [];
  away = false;

  /** Keeps the keys that it is given, and answers with those it has. */
  query(_: string, [, keys, ageMs = 0]: [issuer: string, keys?: string, ageMs?: number]): Promise<unknown> {
    if (this.away) return AWAY();
    if (keys !== undefined) this.#kept = [{ keys: JSON.parse(keys) as unknown, ageMs }];
    return Promise.resolve(this.#kept);
  }
}

/** What the rest of the program provides globally. */
@Module({})
class Surroundings {
  static with(clock: Clock): DynamicModule {
    const providers = [
      { provide: Clock, useValue: clock },
      // Limits are counted without it.
      { provide: DataSource, useValue: { driver: { master: { query: AWAY } } } },
      { provide: HealthChecks, useValue: new HealthChecks() },
      { provide: BlindIndex, useValue: new BlindIndex(new Secret(randomBytes(32))) },
      Limits,
    ];
    return {
      module: Surroundings,
      global: true,
      providers,
      exports: [Clock, HealthChecks, Limits],
    };
  }
}

/** The access part of the gateway with controllers of a test's own. */
export interface AuthGateway {
  readonly app: NestFastifyApplication;
  readonly server: FastifyInstance;
  readonly clock: MovableClock;
  readonly kept: KeptKeySets;
  /** Everything logged so far. */
  readonly log: () => string;
  readonly metrics: () => Promise<string>;
}

export async function startAuthGateway(
  environment: Environment,
  given: { controllers?: Type[]; kept?: KeptKeySets } = {},
): Promise<AuthGateway> {
  const all = { ...BASIC_ENVIRONMENT, ...environment };
  const registry = loadSettings(
    [platformSettings, businessUnitSettings, authSettings],
    readBusinessUnits(all),
    all,
  );
  const lines: string[] = [];
  const clock = new MovableClock();
  const kept = given.kept ?? new KeptKeySets();
  const testing = await Test.createTestingModule({
    imports: [
      SettingsModule.forRoot(registry),
      LoggingModule.forRoot(createLog('info', { write: (line: string) => void lines.push(line) })),
      Surroundings.with(clock),
      MetricsModule,
      OutboundModule,
      BusinessUnitsModule,
      AuthModule,
    ],
    controllers: given.controllers ?? [],
    providers: [HttpTraffic, { provide: APP_FILTER, useClass: ProblemFilter }],
  })
    .overrideProvider(getRepositoryToken(JwksSnapshot))
    .useValue(kept)
    .compile();
  const { adapter } = createHttpServer({
    trustProxy: 0,
    connections: { maxPerAddress: 0, maxTotal: 0, onRefused: () => undefined },
    anonymous: { perSecond: 0, isProven: () => false, onHeld: () => undefined },
    drain: { requestMs: 10_000, uploadMs: 10_000 },
    onFrameworkError: () => undefined,
    onResponse: (request, reply) => app.get(HttpTraffic).record(request, reply),
  });
  const app = testing.createNestApplication<NestFastifyApplication>(adapter, {
    logger: false,
    bodyParser: false,
  });
  await app.init();
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  await server.ready();
  return {
    app,
    server,
    clock,
    kept,
    log: () => lines.join(''),
    metrics: () => app.get(Metrics).registry.metrics(),
  };
}
