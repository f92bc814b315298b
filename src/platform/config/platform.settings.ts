import { z } from 'zod';
import { addressRanges, inProduction, integer, url } from './schemas';
import { defineSettings, type LoadedSettings } from './settings';

const hops = z
  .string()
  .regex(/^\d{1,2}$/)
  .transform(Number);
const trustProxy = z.union(
  [hops, addressRanges()],
  'must be a hop count or a comma-separated list of addresses or CIDR ranges',
);

/** How the process itself runs. */
export const platformSettings = defineSettings({
  title: 'Process',
  shared: {
    NODE_ENV: z
      .enum(['development', 'test', 'production'])
      .prefault('development')
      .describe('`production` embeds nothing and demands everything'),
    ROLE: z
      .enum(['all', 'api', 'worker'])
      .prefault('all')
      .describe(
        'Serve HTTP, work jobs, or both: the same program, so that many of each can run on one database',
      ),
    CONFIG_UNKNOWN: z
      .enum(['refuse', 'warn'])
      .prefault('refuse')
      .describe(
        'What happens with `BU_…` names that nothing reads and names that are a letter or two from a known one; `warn` for a return to an older build',
      ),
    PORT: integer({ max: 65_535 }).prefault('3000').describe('Port of the HTTP API'),
    LOG_LEVEL: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .prefault('info')
      .describe('Least severe level that is written'),
    PARTNER_TIMEOUT_MS: integer({ min: 100, max: 60_000 })
      .prefault('5000')
      .describe("Milliseconds: the budget of a caller's whole request to partners"),
    MAX_CONNECTIONS: integer()
      .prefault('10000')
      .describe('Connections that may be open at once; `0` is no limit'),
    MAX_CONNECTIONS_PER_ADDRESS: integer()
      .prefault('100')
      .describe(
        'Connections one address (of IPv6: one /64) may hold open; `0` is no limit. Addresses that `TRUST_PROXY` names are exempt, ' +
          'with a hop count all are',
      ),
    ANONYMOUS_REQUESTS_PER_SECOND: integer()
      .prefault('20')
      .describe(
        'Requests without proof of identity that one address (of IPv6: one /64) may make; answers to more of them wait, a second ' +
          'at most. `0` is no limit. Raise it where all callers seem to have the same few addresses',
      ),
    DRAIN_GRACE_SECONDS: integer({ max: 300 })
      .prefault('0')
      .describe(
        'So long new requests are taken after SIGTERM, while `/health/ready` says `stopping`; a cluster sets 5',
      ),
    DRAIN_SECONDS: integer({ max: 300 })
      .prefault('10')
      .describe(
        'So long running requests have to end when the process stops; uploads have `GTF_UPLOAD_TIMEOUT_MS`',
      ),
    DOCS: z.enum(['on', 'off']).prefault('on').describe('Whether `/docs` and `/openapi.json` are served'),
    HOST: z.string().optional().describe('Address to listen on; `0.0.0.0` in production, else `127.0.0.1`'),
    PUBLIC_URL: inProduction(url().optional(), url()).describe(
      'How partners reach the gateway; mandatory in production, else `http://HOST:PORT`',
    ),
    METRICS_PORT: integer({ max: 65_535 })
      .optional()
      .describe(
        'Port of `/metrics`, never the API’s; unset, it is 9464 in production and elsewhere `/metrics` stands on `PORT`. `0` is off',
      ),
    METRICS_HOST: z
      .string()
      .optional()
      .describe('Address to listen on for `METRICS_PORT`; `HOST` when unset'),
    TRUST_PROXY: trustProxy.optional().describe('Proxies in front: a hop count or an address list'),
  },
});

export type PlatformSettings = LoadedSettings<typeof platformSettings>;

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
