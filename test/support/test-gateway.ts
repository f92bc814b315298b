import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Pool } from 'pg';
import request from 'supertest';
import { type Lab, startLab } from '../../lab';
import { freePorts } from '../../lab/free-ports.fixture';
import { createApplication } from '../../src/application';
import { createLog } from '../../src/platform/logging';
import { createTestDatabase, type TestDatabase } from './test-database';

/** A gateway on a database of its own, listening on loopback, with every partner in the lab. */
export interface TestGateway {
  readonly app: NestFastifyApplication;
  readonly lab: Lab;
  readonly url: string;
  readonly database: TestDatabase;
  readonly environment: Readonly<Record<string, string>>;
  /** Every log line written so far. */
  readonly logLines: readonly string[];
  readonly http: ReturnType<typeof request.agent>;
  /** Asks the gateway's database beside the gateway. */
  query<R extends object>(sql: string, parameters?: readonly unknown[]): Promise<R[]>;
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Keeps using a lab or database of another test gateway; the one who made it closes it. */
  readonly lab?: Lab;
  readonly database?: TestDatabase;
}

export const UNITS = ['nanovest', 'siminvest'] as const;

/** Basic credentials of the test gateway's own routes. */
export function backOffice(unit: string): string {
  return basic(`${unit}-office`, `office-password-of-${unit}`);
}

export function otpSender(unit: string): string {
  return basic(`${unit}-otp`, `otp-password-of-${unit}`);
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const lab = options.lab ?? (await startLab({ units: UNITS, gtfProcessingMs: 50 }));
  const database = options.database ?? (await createTestDatabase());
  const port = await freePorts(1); // `PUBLIC_URL` must be known before the gateway starts
  const url = `http://127.0.0.1:${port}`;
  const environment = {
    ...lab.environment(),
    ...ownSettings(),
    DATABASE_URL: database.url,
    PORT: String(port),
    PUBLIC_URL: url,
    ...options.environment,
  };
  const logLines: string[] = [];
  const log = createLog('debug', { write: (line) => void logLines.push(line) });
  const { app } = await createApplication(environment, log);
  await app.listen(port, '127.0.0.1');
  const pool = new Pool({ connectionString: database.url, max: 2 });
  pool.on('error', () => undefined); // an idle connection that a test cut off
  lab.connectGateway({
    url,
    otpWebhook: Object.fromEntries(UNITS.map((unit) => [unit, otpCredential(unit)])),
  });
  return {
    app,
    lab,
    url,
    database,
    environment,
    logLines,
    http: request.agent(url),
    query: async <R extends object>(sql: string, parameters: readonly unknown[] = []) =>
      (await pool.query<R>(sql, [...parameters])).rows,
    close: async () => {
      await pool.end();
      await app.close();
      if (options.lab === undefined) await lab.close();
      if (options.database === undefined) await database.drop();
    },
  };
}

function otpCredential(unit: string): { user: string; password: string } {
  return { user: `${unit}-otp`, password: `otp-password-of-${unit}` };
}

/** Keys and credentials of a gateway under test. */
export function ownSettings(): Record<string, string> {
  const settings: Record<string, string> = {
    NODE_ENV: 'test',
    DATA_ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
    BLIND_INDEX_KEY: randomBytes(32).toString('base64'),
    LEDGER_SIGNING_KEY: generateKeyPairSync('ed25519')
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
  };
  for (const unit of UNITS) {
    const prefix = `BU_${unit.toUpperCase()}_`;
    settings[`${prefix}API_CREDENTIALS`] = `${unit}-office:office-password-of-${unit}`;
    settings[`${prefix}OTP_WEBHOOK_CREDENTIALS`] = `${unit}-otp:otp-password-of-${unit}`;
  }
  return settings;
}
