import createClient, { type Client } from 'openapi-fetch';
import type { paths } from '../generated/api.ts';

/** A SIMAS-ID access token, or where to get the one that holds now: it is asked before each request. */
export type Token = string | (() => string | Promise<string>);

export interface KycClientOptions {
  /** Where the gateway is, such as `https://kyc.example`. */
  readonly baseUrl: string;
  /** Whom the requests are made for. */
  readonly token?: Token;
  /** An API credential of the business unit instead: for its back office, never in a page that people open. */
  readonly backOffice?: { readonly user: string; readonly password: string };
}

/** `openapi-fetch` with the gateway's routes: `client.GET('/v1/me')` and so on, each with its own types. */
export interface KycClient extends Client<paths> {
  readonly baseUrl: string;
  /** What the next request sends as `Authorization`. */
  authorization(): Promise<string | undefined>;
}

export function createKycClient({ baseUrl, token, backOffice }: KycClientOptions): KycClient {
  const authorization = async (): Promise<string | undefined> => {
    if (backOffice) return `Basic ${base64(`${backOffice.user}:${backOffice.password}`)}`;
    if (token === undefined) return undefined;
    return `Bearer ${typeof token === 'function' ? await token() : token}`;
  };
  // Without `omit` a browser asks for a password itself where the gateway answers with a Basic challenge.
  const client = createClient<paths>({ baseUrl, credentials: 'omit' });
  client.use({
    async onRequest({ request }) {
      const value = await authorization();
      if (value !== undefined) request.headers.set('authorization', value);
      return request;
    },
  });
  return { ...client, baseUrl: baseUrl.replace(/\/$/, ''), authorization };
}

/** RFC 7617 §2.1: the bytes are UTF-8. */
function base64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}
