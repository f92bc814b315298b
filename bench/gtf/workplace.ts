import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../../lab';
import { sampleImage } from '../../lab/gtf';
import { GatewayProcess } from '../../test/support/gateway-process';
import { openSurroundings } from '../surroundings';

const UNIT = 'nanovest';

/** A built gateway in a process of its own, with PostgreSQL and the lab beside it. */
export interface Workplace {
  readonly url: string;
  readonly lab: Lab;
  /** Basic credentials of the unit's back office. */
  readonly backOffice: string;
  /** Basic credentials of SIMAS-ID's OTP sender. */
  readonly otpSender: string;
  /** An `Authorization` header of a person. */
  readonly tokenOf: (phoneNumber: string) => string;
  readonly close: () => Promise<void>;
}

export async function openWorkplace(): Promise<Workplace> {
  const { lab, secrets, environment, close } = await openSurroundings({ gtfProcessingMs: 20 });
  const gateway = await GatewayProcess.prepare((url) => ({
    ...environment,
    PUBLIC_URL: url,
    LOG_LEVEL: 'fatal',
  }));
  await gateway.start();
  const { url } = gateway;
  lab.connectGateway({ url, otpWebhook: {} });
  const basic = (name: string): string =>
    `Basic ${Buffer.from(secrets[`BU_${UNIT.toUpperCase()}_${name}`] ?? '').toString('base64')}`;
  const tokens = new Map<string, string>();
  const tokenOf = (phoneNumber: string): string =>
    tokens.get(phoneNumber) ?? `Bearer ${lab.simasId.mintToken({ unit: UNIT, phoneNumber })}`;
  return {
    url,
    lab,
    backOffice: basic('API_CREDENTIALS'),
    otpSender: basic('OTP_WEBHOOK_CREDENTIALS'),
    tokenOf: (phoneNumber) => {
      const token = tokenOf(phoneNumber);
      tokens.set(phoneNumber, token);
      return token;
    },
    close: async () => {
      await gateway.end('SIGTERM');
      await close();
    },
  };
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
