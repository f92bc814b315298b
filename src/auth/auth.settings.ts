import {
  custom,
  defineSettings,
  integer,
  Invalid,
  isLoopbackHost,
  type LoadedSettings,
  oneOf,
  type ReadingContext,
  url,
} from '../platform/config';

/** How SIMAS-ID's tokens are judged (partner page "Validating Access Token"). */
export const authSettings = defineSettings({
  title: 'SIMAS-ID tokens',
  required: {
    SIMAS_ID_BASE_URL: url({ about: '`https://api-stg.simas-id.com` or `https://api.simas-id.com`' }),
    SIMAS_ID_ISSUER: custom(
      { about: 'The exact `iss` of the tokens; SIMAS-ID names it for each environment' },
      issuer,
    ),
    SIMAS_ID_AZP: oneOf(['require', 'optional'], {
      about: 'Whether a token without `azp` is accepted; one that names a stranger never is',
      default: 'require',
    }),
    SIMAS_ID_CLOCK_SKEW_SECONDS: integer({
      about: "Seconds that SIMAS-ID's clock and ours may differ",
      default: '30',
      max: 60,
    }),
    JWKS_REFRESH_SECONDS: integer({
      about: 'Seconds after which the key set is read anew, a little ahead of its age',
      default: '600',
      min: 1,
      max: 86_400,
    }),
    JWKS_STALE_SECONDS: integer({
      about:
        'Seconds that keys stay in use beyond their age while SIMAS-ID gives no new ones; 0 = not at all',
      default: '86400',
      max: 30 * 86_400,
    }),
  },
  optional: {
    SIMAS_ID_JWKS_URI: url({ about: 'Where the key set is; default: base + `/v1/oidc/certs`' }),
    SIMAS_ID_USERINFO_URI: url({ about: 'Who a token belongs to; default: base + `/v1/oidc/userinfo`' }),
  },
});

export type AuthSettings = LoadedSettings<typeof authSettings>;

/** Compared byte for byte with the token's, so it is kept as written; a slash at the end matters. */
function issuer(raw: string, { production }: ReadingContext): string {
  const parsed = URL.canParse(raw) ? new URL(raw) : undefined;
  const secure = parsed?.protocol === 'https:';
  const local = !production && parsed?.protocol === 'http:' && isLoopbackHost(parsed.hostname);
  if (!secure && !local) throw new Invalid('must be the absolute https: URL that stands in `iss`');
  return raw;
}
