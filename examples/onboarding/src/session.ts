import * as oauth from 'oauth4webapi';
import type { Settings } from './settings.ts';

interface Tokens {
  readonly access: string;
  readonly refresh: string | undefined;
  readonly id: string | undefined;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What a sign-in that is under way must remember until the person is back. */
interface SignIn {
  readonly state: string;
  readonly verifier: string;
}

/** A token that is about to end is renewed before it is sent. */
const MARGIN_MS = 30_000;

/**
 * The person's session at SIMAS-ID: authorisation code with PKCE, no secret.
 *
 * Tokens live in sessionStorage. In memory they would be lost whenever a telephone drops the page while its camera is open, and with
 * every reload; in localStorage they would outlive the tab and be there for the next person at the same device. Scripts of this origin
 * can read either, so the page's Content-Security-Policy allows no script but its own.
 */
export class Session {
  readonly #client: oauth.Client;
  readonly #issuer: URL;
  /** The lab's SIMAS-ID is at http://localhost. */
  readonly #options: { readonly [oauth.allowInsecureRequests]: boolean };
  readonly #redirectUri = location.origin + location.pathname;
  #discovered: Promise<oauth.AuthorizationServer> | undefined;
  #renewal: Promise<void> | undefined;

  constructor({ issuer, clientId }: Settings) {
    this.#client = { client_id: clientId };
    this.#issuer = new URL(issuer);
    this.#options = { [oauth.allowInsecureRequests]: this.#issuer.hostname === 'localhost' };
  }

  get isSignedIn(): boolean {
    return tokens.read() !== undefined;
  }

  /** Leads the person to SIMAS-ID; they come back to this page, and to {@link finishSignIn}. */
  async signIn(): Promise<void> {
    const server = await this.#server();
    const request = { state: oauth.generateRandomState(), verifier: oauth.generateRandomCodeVerifier() };
    signIns.keep(request);
    location.assign(
      addressOf(server.authorization_endpoint, {
        client_id: this.#client.client_id,
        response_type: 'code',
        redirect_uri: this.#redirectUri,
        scope: 'openid profile phone',
        state: request.state,
        code_challenge: await oauth.calculatePKCECodeChallenge(request.verifier),
        code_challenge_method: 'S256',
      }),
    );
  }

  /** Exchanges the code in the page's address, if there is one, for tokens. */
  async finishSignIn(): Promise<void> {
    const address = new URL(location.href);
    const request = signIns.read();
    if (!address.searchParams.has('state') || request === undefined) return;
    signIns.forget();
    // Neither a reload nor the history may see the code again.
    history.replaceState(null, '', location.pathname);
    const server = await this.#server();
    const parameters = oauth.validateAuthResponse(server, this.#client, address, request.state);
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      this.#client,
      oauth.None(),
      parameters,
      this.#redirectUri,
      request.verifier,
      this.#options,
    );
    keep(await oauth.processAuthorizationCodeResponse(server, this.#client, answer));
  }

  /** What the next request sends. When SIMAS-ID renews it no more, the gateway is the one to refuse it, with 401. */
  async accessToken(): Promise<string> {
    const held = tokens.read();
    if (held?.refresh !== undefined && held.expiresAt - MARGIN_MS < Date.now()) {
      this.#renewal ??= this.#renew(held.refresh).finally(() => (this.#renewal = undefined));
      await this.#renewal;
    }
    return tokens.read()?.access ?? '';
  }

  /** Here at once, and at SIMAS-ID, which leads back to this page. */
  async signOut(): Promise<void> {
    const idToken = tokens.read()?.id;
    tokens.forget();
    const server = await this.#server();
    location.assign(
      addressOf(server.end_session_endpoint, {
        post_logout_redirect_uri: this.#redirectUri,
        client_id: this.#client.client_id,
        ...(idToken !== undefined && { id_token_hint: idToken }),
      }),
    );
  }

  async #renew(refreshToken: string): Promise<void> {
    try {
      const server = await this.#server();
      const answer = await oauth.refreshTokenGrantRequest(
        server,
        this.#client,
        oauth.None(),
        refreshToken,
        this.#options,
      );
      keep(await oauth.processRefreshTokenResponse(server, this.#client, answer));
    } catch (error) {
      if (!(error instanceof oauth.ResponseBodyError)) throw error;
    }
  }

  #server(): Promise<oauth.AuthorizationServer> {
    const discover = async (): Promise<oauth.AuthorizationServer> =>
      oauth.processDiscoveryResponse(
        this.#issuer,
        await oauth.discoveryRequest(this.#issuer, { ...this.#options, algorithm: 'oidc' }),
      );
    this.#discovered ??= discover().catch((error: unknown) => {
      this.#discovered = undefined;
      throw error;
    });
    return this.#discovered;
  }
}

function keep(answer: oauth.TokenEndpointResponse): void {
  tokens.keep({
    access: answer.access_token,
    refresh: answer.refresh_token,
    id: answer.id_token,
    expiresAt: Date.now() + (answer.expires_in ?? 0) * 1000,
  });
}

function addressOf(endpoint: string | undefined, query: Readonly<Record<string, string>>): string {
  if (endpoint === undefined) throw new Error('SIMAS-ID does not say where that is');
  return `${endpoint}?${new URLSearchParams(query).toString()}`;
}

/** One thing that this tab remembers. */
class Kept<T> {
  constructor(private readonly name: string) {}

  read(): T | undefined {
    const text = sessionStorage.getItem(this.name);
    return text === null ? undefined : (JSON.parse(text) as T);
  }

  keep(value: T): void {
    sessionStorage.setItem(this.name, JSON.stringify(value));
  }

  forget(): void {
    sessionStorage.removeItem(this.name);
  }
}

const tokens = new Kept<Tokens>('tokens');
const signIns = new Kept<SignIn>('sign-in');
