import { z } from 'zod';
import {
  defineSettings,
  inProduction,
  integer,
  isHttpsOrLocal,
  type LoadedSettings,
  url,
} from '../platform/config';

/** Compared byte for byte with the token's, so it is kept as written; a slash at the end matters. */
function issuer() {
  const message = 'must be the absolute https: URL that stands in `iss`';
  const text = z.string().refine((raw) => URL.canParse(raw), { error: message, abort: true });
  return inProduction(
    text.refine((raw) => isHttpsOrLocal(new URL(raw)), message),
    text.refine((raw) => new URL(raw).protocol === 'https:', message),
  );
}

/** How SIMAS-ID's tokens are judged (partner page "Validating Access Token"). */
export const authSettings = defineSettings({
  title: 'SIMAS-ID tokens',
  shared: {
    SIMAS_ID_BASE_URL: url().describe('`https://api-stg.simas-id.com` or `https://api.simas-id.com`'),
    SIMAS_ID_ISSUER: issuer().describe(
      'The exact `iss` of the tokens; SIMAS-ID names it for each environment',
    ),
    SIMAS_ID_AZP: z
      .enum(['require', 'optional'])
      .prefault('require')
      .describe('Whether a token without `azp` is accepted; one that names a stranger never is'),
    SIMAS_ID_CLOCK_SKEW_SECONDS: integer({ max: 60 })
      .prefault('30')
      .describe("Seconds that SIMAS-ID's clock and ours may differ"),
    JWKS_REFRESH_SECONDS: integer({ min: 1, max: 86_400 })
      .prefault('600')
      .describe('Seconds after which the key set is read anew, a little ahead of its age'),
    JWKS_STALE_SECONDS: integer({ max: 30 * 86_400 })
      .prefault('86400')
      .describe(
        'Seconds that keys stay in use beyond their age while SIMAS-ID gives no new ones; 0 = not at all',
      ),
    SIMAS_ID_JWKS_URI: url().optional().describe('Where the key set is; default: base + `/v1/oidc/certs`'),
    SIMAS_ID_USERINFO_URI: url()
      .optional()
      .describe('Who a token belongs to; default: base + `/v1/oidc/userinfo`'),
  },
});

export type AuthSettings = LoadedSettings<typeof authSettings>;
