import { defineSettings, type LoadedSettings } from './settings';
import { postgresUrl } from './postgres-url';
import { certificates, custom, integer, Invalid, oneOf, text, url } from './variables';

/** How the process itself runs. */
export const platformSettings = defineSettings({
  title: 'Process',
  required: {
    NODE_ENV: oneOf(['development', 'test', 'production'], {
      about: '`production` embeds nothing and demands everything',
      default: 'development',
    }),
    ROLE: oneOf(['all', 'api', 'worker'], {
      about: 'Serve HTTP, work jobs, or both: the same program, so that many of each can run on one database',
      default: 'all',
    }),
    CONFIG_UNKNOWN: oneOf(['refuse', 'warn'], {
      about:
        'What happens with `BU_…` names that nothing reads and names that are a letter or two from a known one; `warn` for a return to an older build',
      default: 'refuse',
    }),
    PORT: integer({ about: 'Port of the HTTP API', default: '3000', max: 65_535 }),
    LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      about: 'Least severe level that is written',
      default: 'info',
    }),
    DATABASE_URL: postgresUrl({
      about: 'PostgreSQL; the role owns its database. `npm start` embeds one when unset',
    }),
    DATABASE_TLS: oneOf(['verify', 'off'], {
      about:
        'How a database on another machine is spoken to: over TLS with its certificate verified, or in clear on a network of your own',
      default: 'verify',
    }),
    DATABASE_POOL_SIZE: integer({ about: 'Connections of one process', default: '10', min: 2, max: 500 }),
    PARTNER_TIMEOUT_MS: integer({
      about: "Milliseconds: the budget of a caller's whole request to partners",
      default: '5000',
      min: 100,
      max: 60_000,
    }),
    MAX_CONNECTIONS: integer({
      about: 'Connections that may be open at once; `0` is no limit',
      default: '10000',
    }),
    MAX_CONNECTIONS_PER_ADDRESS: integer({
      about:
        'Connections one address (of IPv6: one /64) may hold open; `0` is no limit. Addresses that `TRUST_PROXY` names are exempt, ' +
        'with a hop count all are',
      default: '100',
    }),
    DRAIN_GRACE_SECONDS: integer({
      about:
        'So long new requests are taken after SIGTERM, while `/health/ready` says `stopping`; a cluster sets 5',
      default: '0',
      max: 300,
    }),
    DRAIN_SECONDS: integer({
      about:
        'So long running requests have to end when the process stops; uploads have `GTF_UPLOAD_TIMEOUT_MS`',
      default: '10',
      max: 300,
    }),
    DOCS: oneOf(['on', 'off'], { about: 'Whether `/docs` and `/openapi.json` are served', default: 'on' }),
  },
  optional: {
    DATABASE_CA: certificates({
      about:
        "Certificates (PEM) of the authority that signed the database's; usually as `DATABASE_CA_FILE`. Default: the public authorities",
    }),
    HOST: text({ about: 'Address to listen on; `0.0.0.0` in production, else `127.0.0.1`' }),
    PUBLIC_URL: url({
      about: 'How partners reach the gateway; mandatory in production, else `http://HOST:PORT`',
      neededInProduction: true,
    }),
    METRICS_PORT: integer({
      about:
        'Port of `/metrics`, never the API’s; unset, it is 9464 in production and elsewhere `/metrics` stands on `PORT`. `0` is off',
      max: 65_535,
    }),
    METRICS_HOST: text({ about: 'Address to listen on for `METRICS_PORT`; `HOST` when unset' }),
    TRUST_PROXY: custom({ about: 'Proxies in front: a hop count or an address list' }, trustProxy),
  },
});

export type PlatformSettings = LoadedSettings<typeof platformSettings>;

function trustProxy(raw: string): number | string[] {
  if (/^\d{1,2}$/.test(raw)) return Number(raw);
  const addresses = raw.split(',').map((item) => item.trim());
  if (addresses.some((address) => !/^[0-9a-fA-F:.]+(\/\d{1,3})?$/.test(address)))
    throw new Invalid('must be a hop count or a comma-separated list of addresses or CIDR ranges');
  return addresses;
}

const METRICS_PORT_IN_PRODUCTION = 9464;

/** The port that serves metrics alone: 0 is none at all, undefined is the API's. */
export function metricsPort({ values }: PlatformSettings): number | undefined {
  return values.METRICS_PORT ?? (values.NODE_ENV === 'production' ? METRICS_PORT_IN_PRODUCTION : undefined);
}

/** The address to listen on. */
export function listenHost(settings: PlatformSettings): string {
  return settings.values.HOST ?? (settings.values.NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1');
}

/** How partners reach us, without trailing slash. */
export function publicUrl(settings: PlatformSettings): string {
  return settings.values.PUBLIC_URL ?? `http://${listenHost(settings)}:${settings.values.PORT}`;
}
