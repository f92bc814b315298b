import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Lab, startLab } from '../../lab';
import { sampleImage } from '../../lab/gtf';
import { buildWhenStale } from '../../launch/build';
import { startEmbeddedPostgres } from '../../launch/embedded-postgres';
import { freeLoopbackPort } from '../../launch/free-port';
import { generatedSecrets } from '../../launch/generated-secrets';

const UNIT = 'nanovest';

/** A built gateway in a process of its own, with PostgreSQL and the lab beside it. */
export interface Workplace {
  readonly url: string;
  readonly lab: Lab;
  /** Basic credentials of the unit's back office. */
  readonly backOffice: string;
  /** An `Authorization` header of a person. */
  readonly tokenOf: (phoneNumber: string) => string;
  readonly close: () => Promise<void>;
}

export async function openWorkplace(): Promise<Workplace> {
  await buildWhenStale();
  const dataDir = mkdtempSync(join(tmpdir(), 'kyc-bench-'));
  chmodSync(dataDir, 0o711);
  const postgres = await startEmbeddedPostgres({ dataDir });
  const lab = await startLab({ gtfProcessingMs: 20 });
  const url = `http://127.0.0.1:${await freeLoopbackPort()}`;
  const secrets = generatedSecrets(dataDir, {}, [UNIT, 'siminvest']);
  const environment = {
    ...lab.environment(),
    ...secrets,
    DATABASE_URL: postgres.url,
    PORT: new URL(url).port,
    PUBLIC_URL: url,
    LOG_LEVEL: 'fatal',
  };
  const gateway = spawn(process.execPath, [join('dist', 'main.js')], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await ready(gateway, url);
  lab.connectGateway({ url, otpWebhook: {} });
  const credentials = Buffer.from(secrets[`BU_${UNIT.toUpperCase()}_API_CREDENTIALS`] ?? '').toString(
    'base64',
  );
  return {
    url,
    lab,
    backOffice: `Basic ${credentials}`,
    tokenOf: (phoneNumber) => `Bearer ${lab.simasId.mintToken({ unit: UNIT, phoneNumber })}`,
    close: async () => {
      gateway.kill('SIGTERM');
      if (gateway.exitCode === null) await once(gateway, 'exit');
      await lab.close();
      await postgres.remove();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function ready(gateway: ChildProcess, url: string): Promise<void> {
  while ((await fetch(`${url}/health/ready`).catch(() => undefined))?.status !== 200) {
    if (gateway.exitCode !== null) throw new Error('the gateway ended while starting');
    await sleep(20);
  }
}

/** Takes a person through a COE submission until it is verified; its id. */
export async function verifiedSubmission({ url, tokenOf }: Workplace, phoneNumber: string): Promise<string> {
  const authorization = tokenOf(phoneNumber);
  const ask = async (path: string, init: RequestInit = {}): Promise<Record<string, unknown>> => {
    const answer = await fetch(url + path, { ...init, headers: { ...init.headers, authorization } });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ submissionType: 'KTP_SCAN' });
  const id = String(
    (await ask('/v1/gtf/submissions', { method: 'POST', headers: json, body }))['submissionId'],
  );
  const image = {
    method: 'PUT',
    headers: { 'content-type': 'image/png' },
    body: new Uint8Array(sampleImage()),
  };
  await ask(`/v1/gtf/submissions/${id}/documents/KTP`, image);
  await ask(`/v1/gtf/submissions/${id}/confirm`, { method: 'POST' });
  while ((await ask(`/v1/submissions/${id}`))['status'] !== 'verified') await sleep(50);
  return id;
}
