import { Inject, Injectable } from '@nestjs/common';
import { ConfigurationError } from '../platform/config';
import { type AuthSettings, authSettings } from './auth.settings';

/** Where SIMAS-ID publishes its keys and says whose a token is. */
@Injectable()
export class SimasIdAddresses {
  readonly keySet: string;
  readonly userinfo: string;

  /** @throws ConfigurationError when the addresses belong to different environments: tokens of one would pass in the other */
  constructor(@Inject(authSettings.token) { values }: AuthSettings) {
    const base = values.SIMAS_ID_BASE_URL;
    this.keySet = values.SIMAS_ID_JWKS_URI ?? `${base}/v1/oidc/certs`;
    this.userinfo = values.SIMAS_ID_USERINFO_URI ?? `${base}/v1/oidc/userinfo`;
    const environment = environmentOf(base);
    const foreign = Object.entries({
      SIMAS_ID_JWKS_URI: this.keySet,
      SIMAS_ID_USERINFO_URI: this.userinfo,
      SIMAS_ID_ISSUER: values.SIMAS_ID_ISSUER,
    }).filter(([, url]) => URL.canParse(url) && ![undefined, environment].includes(environmentOf(url)));
    if (environment !== undefined && foreign.length > 0)
      throw new ConfigurationError(
        foreign.map(([name]) => `${name} names another environment of SIMAS-ID than SIMAS_ID_BASE_URL`),
      );
  }
}

/** SIMAS-ID's hosts carry their environment in the first label: `api-stg`, `login-dev`, `api` (simas-id.md §1). */
function environmentOf(url: string): string | undefined {
  const [label = '', domain = ''] = /^([^.]+)\.(.+)$/.exec(new URL(url).hostname)?.slice(1) ?? [];
  if (domain !== 'simas-id.com') return undefined;
  return /-([a-z]+)$/.exec(label)?.[1] ?? 'production';
}
