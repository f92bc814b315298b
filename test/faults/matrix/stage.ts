import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Lab, startLab } from '../../../lab';
import { TestAuthority } from '../../support/certificates';
import { startTestGateway, type TestGateway } from '../../support/test-gateway';
import { startThrowawayPostgres } from '../../support/throwaway-postgres';
import { certificatesFor, type Fault, FaultProxy } from './fault-proxy';

/** A caller's whole request may take so long at partners, and an image on its way to the storage. */
export const BUDGET_MS = 3_000;

/** One a way of sending SMS. */
export const SMS_UNITS = { twilio: 'nanovest', http: 'siminvest', verihubs: 'sinarmas' } as const;
const UNITS = Object.values(SMS_UNITS);

export type Behind = (typeof SERVERS)[number];

/** What stands behind a name of its own, so that one fails alone. */
const SERVERS = [
  ...(['simas-id-keys', 'simas-id-userinfo', 'common-kyc'] as const),
  ...(['coe-token', 'coe', 'coe-storage', 'siv-token', 'siv', 'satusehat'] as const),
  ...(['whatsapp', 'twilio', 'sms', 'verihubs', 'events'] as const),
] as const;

const hostOf = (server: Behind): string => `${server}.test`;

export interface Stage {
  readonly lab: Lab;
  readonly gateway: TestGateway;
  readonly proxies: Readonly<Record<Behind, FaultProxy>>;
  /** Where every redirect leads. */
  readonly redirectsTo: string;
  /** Requests that followed one. */
  readonly followed: () => number;
  /** For this long the server behind the proxy fails. */
  spoil(server: Behind, fault: Fault, path: RegExp, times?: number): Promise<void>;
  heal(server: Behind): void;
  close(): Promise<void>;
}

/** A gateway that reaches each of its partners by a name and over TLS, through a proxy that can fail in every way. */
export async function setStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'fault-matrix-'));
  const authority = new TestAuthority();
  const [authorityFile, namesFile] = [join(folder, 'authority.pem'), join(folder, 'names-away')];
  writeFileSync(authorityFile, authority.certificate);
  writeFileSync(namesFile, '');
  const server = await startThrowawayPostgres();
  const lab = await startLab({ units: UNITS, gtfProcessingMs: 50 });
  lab.gtf.callbacks.drop = true; // nothing but what the matrix asks for asks GTF
  // A receipt that comes early makes an outcome known that the answer left open.
  for (const { receipts } of [lab.whatsapp, lab.twilio, lab.verihubs]) receipts.usually([]);
  const proxies = await proxiesOf(lab, authority);
  let followed = 0;
  const trap = await listening(
    createServer((_request, response) => void response.end(String((followed += 1)))),
  );
  const gateway = await startTestGateway({
    units: UNITS,
    lab,
    database: { url: server.postgres.url, drop: () => server.remove() },
    environment: {
      ...addresses(proxies),
      NODE_EXTRA_CA_CERTS: authorityFile,
      NODE_OPTIONS: `--require ${join(__dirname, '..', '..', 'support', 'names.cjs')}`,
      NAMES_AWAY: namesFile,
      PARTNER_TIMEOUT_MS: String(BUDGET_MS),
      GTF_UPLOAD_TIMEOUT_MS: String(BUDGET_MS),
      JWKS_REFRESH_SECONDS: '1',
      GTF_POLL_SCHEDULE: '3600',
      OTP_FALLBACK: 'none',
      GTF_LIMIT_PER_PERSON_PER_DAY: '0',
      SATUSEHAT_LIMIT_PER_OFFICER_PER_HOUR: '0',
    },
  });
  const away = new Set<string>();
  const resolve = (host: string, nameless: boolean): void => {
    if (nameless) away.add(host);
    else away.delete(host);
    // In one piece: the gateway reads it meanwhile.
    writeFileSync(`${namesFile}.new`, [...away].join('\n'));
    renameSync(`${namesFile}.new`, namesFile);
  };
  return {
    ...{ lab, gateway, proxies },
    redirectsTo: `http://localhost:${(trap.address() as AddressInfo).port}/elsewhere`,
    followed: () => followed,
    spoil: (name, fault, path, times) => {
      resolve(proxies[name].host, fault.nameless === true);
      return proxies[name].spoil(fault, path, times);
    },
    heal: (name) => {
      resolve(proxies[name].host, false);
      proxies[name].heal();
    },
    close: async () => {
      await gateway.close();
      await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
      trap.close();
      await lab.close();
      await server.remove();
      rmSync(folder, { recursive: true });
    },
  };
}

async function proxiesOf({ urls, gtf, satusehat }: Lab, authority: TestAuthority): Promise<Stage['proxies']> {
  const targets: Record<Behind, string> = {
    'simas-id-keys': urls.simasId,
    'simas-id-userinfo': urls.simasId,
    'common-kyc': urls.commonKyc,
    ...{ 'coe-token': urls.gtf, coe: urls.gtf, 'siv-token': urls.gtf, siv: urls.gtf },
    'coe-storage': urls.gtfStorage,
    ...{ satusehat: urls.satusehat, whatsapp: urls.whatsapp, twilio: urls.twilio, sms: urls.sms },
    ...{ verihubs: urls.verihubs, events: urls.unitBackEnd },
  };
  const started: Partial<Record<Behind, FaultProxy>> = {};
  const certificates = certificatesFor(SERVERS.map(hostOf), authority);
  for (const name of SERVERS)
    started[name] = await FaultProxy.start(hostOf(name), targets[name], certificates);
  const proxies = started as Stage['proxies'];
  // Addresses in these partners' answers lead through the proxies, too.
  Object.defineProperty(gtf, 'storageUrl', { value: proxies['coe-storage'].url });
  Object.defineProperty(satusehat, 'url', { value: proxies.satusehat.url });
  return proxies;
}

/** What leads the gateway through the proxies. */
function addresses(proxies: Stage['proxies']): Record<string, string> {
  const units = UNITS.flatMap((unit): [string, string][] => {
    const prefix = `BU_${unit.toUpperCase()}_`;
    const provider = Object.entries(SMS_UNITS).find(([, served]) => served === unit)?.[0] ?? '';
    return [
      [`${prefix}SMS_PROVIDER`, provider],
      [`${prefix}SMS_HTTP_URL`, `${proxies.sms.url}/send`],
      [`${prefix}EVENTS_URL`, `${proxies.events.url}/events/${unit}`],
    ];
  });
  return {
    SIMAS_ID_JWKS_URI: `${proxies['simas-id-keys'].url}/v1/oidc/certs`,
    SIMAS_ID_USERINFO_URI: `${proxies['simas-id-userinfo'].url}/v1/oidc/userinfo`,
    COMMON_KYC_BASE_URL: proxies['common-kyc'].url,
    GTF_COE_TOKEN_BASE_URL: proxies['coe-token'].url,
    GTF_COE_BASE_URL: proxies.coe.url,
    GTF_ESIGN_TOKEN_BASE_URL: proxies['siv-token'].url,
    GTF_ESIGN_BASE_URL: proxies.siv.url,
    GTF_UPLOAD_HOSTS: proxies['coe-storage'].host,
    SATUSEHAT_BASE_URL: proxies.satusehat.url,
    WHATSAPP_BASE_URL: `${proxies.whatsapp.url}/v26.0`,
    TWILIO_BASE_URL: proxies.twilio.url,
    VERIHUBS_BASE_URL: proxies.verihubs.url,
    ...Object.fromEntries(units),
  };
}

async function listening(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return server;
}
