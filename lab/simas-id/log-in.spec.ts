import * as oauth from 'oauth4webapi';
import { startSimasIdLab, type SimasIdLab } from './index';

const REDIRECT = 'http://localhost:5173/signed-in';
const insecure = { [oauth.allowInsecureRequests]: true };

describe("a person logs in at the lab's SIMAS-ID", () => {
  let lab: SimasIdLab;
  let server: oauth.AuthorizationServer;
  let now = new Date();
  const client: oauth.Client = { client_id: 'nanovest' };

  beforeAll(async () => {
    lab = await startSimasIdLab({
      ...{ host: '127.0.0.1', port: 0, units: ['nanovest', 'siminvest'], links: () => [] },
      now: () => now,
    });
    const issuer = new URL(lab.issuer);
    server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  });
  beforeEach(() => {
    now = new Date();
  });
  afterAll(() => lab.close());

  const logInAddress = (changes: Record<string, string> = {}): string => {
    const query = {
      ...{ client_id: 'nanovest', redirect_uri: REDIRECT, response_type: 'code', scope: 'openid' },
      ...{
        state: 'state-1',
        nonce: 'nonce-1',
        code_challenge_method: 'S256',
        code_challenge: 'c'.repeat(43),
      },
      ...changes,
    };
    return `${server.authorization_endpoint}?${new URLSearchParams(query).toString()}`;
  };

  const submit = (address: string, form: Record<string, string> = { phoneNumber: '0856-1057-3956' }) =>
    fetch(address, {
      method: 'POST',
      body: new URLSearchParams({ name: 'John Doe', ...form }),
      redirect: 'manual',
    });

  async function logIn(form?: Record<string, string>) {
    const verifier = oauth.generateRandomCodeVerifier();
    const challenge = await oauth.calculatePKCECodeChallenge(verifier);
    const answer = await submit(logInAddress({ code_challenge: challenge }), form);
    const back = new URL(answer.headers.get('location') ?? '');
    return { verifier, parameters: oauth.validateAuthResponse(server, client, back, 'state-1') };
  }

  interface Exchange {
    readonly verifier: string;
    readonly parameters: URLSearchParams;
  }
  const exchange = (
    { parameters, verifier }: Exchange,
    { by = client, redirect = REDIRECT }: { by?: oauth.Client; redirect?: string } = {},
  ): Promise<Response> =>
    oauth.authorizationCodeGrantRequest(server, by, oauth.None(), parameters, redirect, verifier, insecure);

  const tokensOf = async (answer: Response): Promise<oauth.TokenEndpointResponse> =>
    oauth.processAuthorizationCodeResponse(server, client, answer, {
      expectedNonce: 'nonce-1',
      requireIdToken: true,
    });

  const userinfo = (token: string): Promise<Response> =>
    oauth.userInfoRequest(server, client, token, insecure);

  const refresh = (token: string | undefined, by: oauth.Client = client): Promise<Response> =>
    oauth.refreshTokenGrantRequest(server, by, oauth.None(), token ?? '', insecure);

  it('and gets a token of that business unit, which userinfo knows', async () => {
    const answer = await exchange(await logIn());
    const tokens = await tokensOf(answer);
    await oauth.validateApplicationLevelSignature(server, answer, insecure);
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    expect(claims).toMatchObject({ aud: 'nanovest', preferred_username: '6285610573956', name: 'John Doe' });
    const known = await oauth.processUserInfoResponse(
      server,
      client,
      claims?.sub ?? '',
      await userinfo(tokens.access_token),
    );
    expect(known.preferred_username).toBe('6285610573956');
    const payload = Buffer.from(tokens.access_token.split('.')[1] ?? '', 'base64url').toString();
    expect(JSON.parse(payload)).toMatchObject({
      ...{ iss: lab.issuer, azp: 'nanovest', aud: ['nanovest'], typ: 'Bearer', sub: claims?.sub },
    });
  });

  it('on a page that reads well and runs nothing', async () => {
    const answer = await fetch(logInAddress());
    const page = await answer.text();
    expect(page).toMatch(/<label[^>]*>\s*Nomor telepon \/ Phone number\s*<input/);
    expect(page).toContain('<button>Masuk / Sign in</button>');
    expect(page).not.toContain('<script');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('not with a number that nobody in Indonesia has', async () => {
    const answer = await submit(logInAddress(), { phoneNumber: '"><b>12' });
    expect(answer.status).toBe(400);
    const page = await answer.text();
    expect(page).toContain('role="alert"');
    expect(page).toContain('&quot;&gt;&lt;b&gt;12');
  });

  it('and stays for as long as they refresh, until they sign out', async () => {
    const first = await tokensOf(await exchange(await logIn()));
    const second = await oauth.processRefreshTokenResponse(
      server,
      client,
      await refresh(first.refresh_token),
    );
    expect((await userinfo(second.access_token)).status).toBe(200);
    expect((await refresh(first.refresh_token, { client_id: 'siminvest' })).status).toBe(400);
    expect((await refresh(first.access_token)).status).toBe(400);

    const bye = { id_token_hint: first.id_token ?? '', state: 'bye', post_logout_redirect_uri: REDIRECT };
    const leave = `${server.end_session_endpoint}?`;
    const answer = await fetch(leave + new URLSearchParams(bye).toString(), { redirect: 'manual' });
    expect(answer.headers.get('location')).toBe(`${REDIRECT}?state=bye`);
    expect((await userinfo(second.access_token)).status).toBe(401);
    expect((await refresh(second.refresh_token)).status).toBe(400);
    const next = await tokensOf(await exchange(await logIn()));
    expect((await userinfo(next.access_token)).status).toBe(200);

    now = new Date(now.getTime() + 1_801_000);
    expect((await refresh(next.refresh_token)).status).toBe(400);
    const away = { ...bye, post_logout_redirect_uri: 'https://evil.example/' };
    expect((await fetch(leave + new URLSearchParams(away).toString(), { redirect: 'manual' })).status).toBe(
      400,
    );
  });

  it('and nobody else can use the code', async () => {
    const wrong = async (change: Parameters<typeof exchange>[1], verifier?: string): Promise<unknown> => {
      const own = await logIn();
      const answer = await exchange({ ...own, verifier: verifier ?? own.verifier }, change);
      // A code works once, also when that once was wrong.
      expect((await exchange(own)).status).toBe(400);
      return [answer.status, ((await answer.json()) as { error: string }).error];
    };
    expect(await wrong({}, oauth.generateRandomCodeVerifier())).toEqual([400, 'invalid_grant']);
    expect(await wrong({ by: { client_id: 'siminvest' } })).toEqual([400, 'invalid_grant']);
    expect(await wrong({ redirect: 'http://localhost:5174/signed-in' })).toEqual([400, 'invalid_grant']);

    const used = await logIn();
    await tokensOf(await exchange(used));
    expect((await exchange(used)).status).toBe(400);
    const late = await logIn();
    now = new Date(now.getTime() + 60_000);
    expect((await exchange(late)).status).toBe(400);
    const stranger = await exchange(await logIn(), { by: { client_id: 'stranger' } });
    expect([stranger.status, await stranger.json()]).toMatchObject([401, { error: 'invalid_client' }]);
  });

  it.each([
    ['https://evil.example/'],
    ['http://localhost.evil.example/'],
    ['http://localhost:80@evil.example/'],
    ['https://localhost:5173/'],
    ['javascript:alert(1)'],
    [''],
  ])('and is never sent to %j', async (redirect_uri) => {
    for (const answer of [
      await fetch(logInAddress({ redirect_uri })),
      await submit(logInAddress({ redirect_uri })),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.headers.get('location')).toBeNull();
    }
  });

  it('only for a business unit that there is, with PKCE by S256', async () => {
    expect((await submit(logInAddress({ client_id: 'stranger' }))).status).toBe(400);
    const refusals = [
      [{ code_challenge_method: 'plain' }, 'invalid_request'],
      [{ code_challenge: '' }, 'invalid_request'],
      [{ response_type: 'token' }, 'unsupported_response_type'],
    ] as const;
    for (const [change, error] of refusals) {
      const answer = await submit(logInAddress({ redirect_uri: 'http://127.0.0.1:8080/', ...change }));
      const back = new URL(answer.headers.get('location') ?? '');
      expect(back.href).toMatch(/^http:\/\/127\.0\.0\.1:8080\//);
      expect(() => oauth.validateAuthResponse(server, client, back, 'state-1')).toThrow();
      expect(back.searchParams.get('error')).toBe(error);
    }
  });

  it("and the token endpoint answers pages of a developer's machine alone", async () => {
    const preflight = (origin: string): Promise<Response> =>
      fetch(server.token_endpoint ?? '', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const own = await preflight('http://localhost:5173');
    expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([
      204,
      'http://localhost:5173',
    ]);
    const refusal = await fetch(server.token_endpoint ?? '', {
      method: 'POST',
      headers: { origin: 'http://127.0.0.1:5173' },
      body: new URLSearchParams({ client_id: 'nanovest', grant_type: 'password' }),
    });
    expect(refusal.headers.get('access-control-allow-origin')).toBe('http://127.0.0.1:5173');
    expect(await refusal.json()).toMatchObject({ error: 'unsupported_grant_type' });
    const foreign = await preflight('https://evil.example');
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  });
});
