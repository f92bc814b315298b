import { createPublicKey } from 'node:crypto';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type * as KycLedger from '../../src/kyc-ledger';
import type * as Appending from '../../src/kyc-ledger/events/event-appender';
import type * as Drafting from '../../src/kyc-ledger/events/event-factory';
import type * as FollowUps from '../../src/kyc-ledger/events/follow-ups';
import type * as Config from '../../src/platform/config';
import type * as Crypto from '../../src/platform/crypto';
import type * as DatabaseParts from '../../src/platform/database';
import type * as Jobs from '../../src/platform/jobs';
import type * as Logging from '../../src/platform/logging';
import type * as MetricsParts from '../../src/platform/metrics';
import type * as Time from '../../src/platform/time';
import { GatewayProcess } from '../../test/support/gateway-process';
import { openSurroundings } from '../surroundings';

export const UNIT = 'nanovest';
/** Database connections of a gateway, and of the yardstick. */
export const POOL_SIZE = 10;

/** The built ledger in this process, and PostgreSQL as durable as in production. */
export interface Workbench {
  readonly databaseUrl: string;
  readonly folder: string;
  readonly database: DatabaseParts.Database;
  readonly ledger: KycLedger.Ledger;
  readonly people: KycLedger.People;
  readonly exporter: KycLedger.LedgerExport;
  /** Of the key that signs checkpoints, as PEM. */
  readonly publicKey: string;
  /** Basic credentials of the unit's back office. */
  readonly backOffice: string;
  /** A whole gateway on the same database, in a process of its own. */
  startGateway(own?: Readonly<Record<string, string>>): Promise<GatewayProcess>;
  close(): Promise<void>;
}

@Module({})
class LedgerOnly {}

export async function openWorkbench(): Promise<Workbench> {
  const { folder, databaseUrl, secrets, environment: given, close } = await openSurroundings();
  const environment = { ...given, DATABASE_POOL_SIZE: String(POOL_SIZE), ROLE: 'api' };
  const parts = builtParts();
  const program = await ledgerOnly(parts, environment);
  const credentials = secrets[`BU_${UNIT.toUpperCase()}_API_CREDENTIALS`] ?? '';
  return {
    databaseUrl,
    folder,
    database: program.get(parts.Database),
    ledger: program.get(parts.Ledger),
    people: program.get(parts.People),
    exporter: program.get(parts.LedgerExport, { strict: false }),
    publicKey: createPublicKey(secrets['LEDGER_SIGNING_KEY'] ?? '')
      .export({ type: 'spki', format: 'pem' })
      .toString(),
    backOffice: `Basic ${Buffer.from(credentials).toString('base64')}`,
    startGateway: (own = {}) => startGateway({ ...environment, ...own }),
    close: async () => {
      await program.close();
      await close();
    },
  };
}

async function startGateway(environment: Record<string, string>): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.prepare((url) => ({
    ...environment,
    PUBLIC_URL: url,
    LOG_LEVEL: 'fatal',
  }));
  await gateway.start();
  return gateway;
}

type Parts = typeof KycLedger &
  typeof Appending &
  typeof Drafting &
  typeof FollowUps &
  typeof Config &
  typeof Crypto &
  typeof DatabaseParts &
  typeof Jobs &
  typeof Logging &
  typeof MetricsParts &
  typeof Time;

/** What production runs is `dist/`: measured is that. */
function builtParts(): Parts {
  const require = createRequire(resolve('dist', 'main.js'));
  const paths = [
    'kyc-ledger',
    ...['event-appender', 'event-factory', 'follow-ups'].map((part) => `kyc-ledger/events/${part}`),
    ...['config', 'crypto', 'database', 'jobs', 'logging', 'metrics', 'time'].map(
      (part) => `platform/${part}`,
    ),
  ];
  return Object.assign({}, ...paths.map((path) => require(`./${path}`) as object)) as Parts;
}

function ledgerOnly(parts: Parts, environment: Record<string, string>): Promise<INestApplicationContext> {
  const { platformSettings, cryptoSettings, databaseSettings, ledgerSettings } = parts;
  const settings = [platformSettings, cryptoSettings, databaseSettings, ledgerSettings];
  const registry = parts.loadSettings(settings, [], environment);
  const imports = [
    parts.SettingsModule.forRoot(registry),
    parts.LoggingModule.forRoot(parts.createLog('silent')),
    parts.TimeModule,
    parts.MetricsModule,
    parts.CryptoModule,
    parts.DatabaseModule.forRoot({ queues: [] }, 'start'),
    parts.JobsModule,
    parts.LedgerToolsModule,
  ];
  const providers = [
    parts.Ledger,
    parts.EventAppender,
    parts.EventFactory,
    parts.FollowUps,
    parts.People,
    parts.PersonVault,
    parts.SubmissionRepository,
  ];
  return NestFactory.createApplicationContext(
    { module: LedgerOnly, imports, providers },
    { logger: false, abortOnError: false },
  );
}
