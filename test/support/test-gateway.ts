import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import request from 'supertest';
import { type Lab, startLab } from '../../lab';
import { documentedAnswers } from './documented-answers';
import { eventually } from './eventually';
import { GatewayProcess } from './gateway-process';
import { createTestDatabase, type TestDatabase } from './test-database';

/** A gateway that runs, in whatever process. */
export interface RunningGateway {
  readonly url: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Every log line up to now. */
  log(): Promise<readonly string[]>;
  /** Ends it as an operator does; rejects when it does not end cleanly. */
  stop(): Promise<void>;
}

/** A gateway on a database of its own, listening on loopback, with every partner in the lab. */
export interface TestGateway extends RunningGateway {
  readonly lab: Lab;
  readonly database: TestDatabase;
  readonly http: ReturnType<typeof request.agent>;
  /** Asks the gateway's database beside the gateway. */
  query<R extends object>(sql: string, parameters?: readonly unknown[]): Promise<R[]>;
  /** Stops it, and ends lab and database if they are its own. */
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  /** The units of its lab; default {@link UNITS}. */
  readonly units?: readonly string[];
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

/** The built program in a process of its own, as operators run it. */
export function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  return surround(options, async (environmentAt) => {
    let output = '';
    const gateway = await GatewayProcess.prepare(environmentAt, (text) => (output += text));
    await gateway.start();
    const { url, environment } = gateway;
    return {
      ...{ url, environment },
      log: async () => {
        // Lines leave in order and a little later: once this request's line is there, the ones before it are, too.
        const id = randomUUID();
        const headers = { authorization: backOffice('nanovest'), 'x-request-id': id };
        const asked = (): Promise<boolean> =>
          gateway.ask('/v1/submissions?limit=none', headers).then(
            () => true,
            () => false, // it takes no more connections at the moment
          );
        await eventually(asked, Boolean);
        await eventually(
          () => Promise.resolve(output),
          (text) => text.includes(id),
        );
        return output.split('\n').slice(0, -1);
      },
      stop: async () => {
        const { code } = await gateway.stop('SIGTERM');
        if (code !== 0) throw new Error(`the gateway ended with ${code}`);
      },
    };
  });
}

/** What a test sets to nothing, the gateway does not have. */
function withoutEmpty(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

/** Gives a gateway what it needs. `run` starts it, with the environment that fits its address. */
export async function surround<Running extends RunningGateway>(
  options: TestGatewayOptions,
  run: (environmentAt: (url: string) => Record<string, string>) => Promise<Running>,
): Promise<Running & TestGateway> {
  const units = options.units ?? UNITS;
  const lab = options.lab ?? (await startLab({ units, gtfProcessingMs: 50 }));
  const database = options.database ?? (await createTestDatabase());
  const running = await run((url) =>
    withoutEmpty({
      ...lab.environment(),
      ...ownSettings(units),
      LOG_LEVEL: 'debug',
      PUBLIC_URL: url,
      ...options.environment,
      DATABASE_URL: database.url,
    }),
  );
  const { url } = running;
  const pool = new Pool({ connectionString: database.url, max: 2 });
  pool.on('error', () => undefined); // an idle connection that a test cut off
  lab.connectGateway({
    url,
    otpWebhook: Object.fromEntries(units.map((unit) => [unit, otpCredential(unit)])),
  });
  return {
    ...running,
    lab,
    database,
    // A worker answers to none of the API's routes.
    http:
      options.environment?.['ROLE'] === 'worker'
        ? request.agent(url)
        : documentedAnswers(request.agent(url), url),
    query: async <R extends object>(sql: string, parameters: readonly unknown[] = []) =>
      (await pool.query<R>(sql, [...parameters])).rows,
    close: async () => {
      await pool.end();
      await running.stop();
      if (options.lab === undefined) await lab.close();
      if (options.database === undefined) await database.drop();
    },
  };
}

function otpCredential(unit: string): { user: string; password: string } {
  return { user: `${unit}-otp`, password: `otp-password-of-${unit}` };
}

/** Keys and credentials of a gateway under test. */
export function ownSettings(units: readonly string[] = UNITS): Record<string, string> {
  const settings: Record<string, string> = {
    NODE_ENV: 'test',
    SATUSEHAT_KEY_POOL_SIZE: '0', // eight RSA key pairs for each of some hundred gateways take minutes
    DATA_ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
    BLIND_INDEX_KEY: randomBytes(32).toString('base64'),
    LEDGER_SIGNING_KEY: generateKeyPairSync('ed25519')
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
  };
  for (const unit of units) {
    const prefix = `BU_${unit.toUpperCase().replaceAll('-', '_')}_`;
    settings[`${prefix}API_CREDENTIALS`] = `${unit}-office:office-password-of-${unit}`;
    settings[`${prefix}OTP_WEBHOOK_CREDENTIALS`] = `${unit}-otp:otp-password-of-${unit}`;
  }
  return settings;
}
