import { type ChildProcess, fork } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePorts } from '../../lab/free-ports.fixture';
import { buildWhenStale } from '../../launch/build';
import { eventually } from '../support/eventually';
import { startTestGateway, type TestGateway } from '../support/test-gateway';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../support/throwaway-postgres';

/** A SIMAS-ID that is not ours: `oidc-provider`, a certified OpenID provider, issues the tokens. People log in by code and PKCE. */
const REDIRECT = 'http://127.0.0.1:1/back';
const MOBILE = { client_id: 'nanovest-mobile', client_secret: 'secret-of-mobile' };
/** Shorter than an access token's life, long enough for what waits for one key set to be read. */
const KEYS_READ_EVERY_S = 3;

let server: ThrowawayPostgres;
let issuer: string;
let provider: ChildProcess;
/** What it has written. */
let said = '';
let gateway: TestGateway;

beforeAll(async () => {
  await buildWhenStale();
  server = await startThrowawayPostgres();
  const port = await freePorts(1);
  issuer = `http://127.0.0.1:${port}`;
  const clients = ['nanovest', 'siminvest', 'stranger'];
  provider = fork(join(__dirname, 'real', 'second-simas-id.mjs'), [String(port), REDIRECT, ...clients], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  });
  provider.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await answer();
  gateway = await startTestGateway({
    database: { url: server.postgres.url, drop: () => server.remove() },
    environment: {
      SIMAS_ID_BASE_URL: issuer,
      SIMAS_ID_ISSUER: issuer,
      SIMAS_ID_JWKS_URI: `${issuer}/jwks`,
      SIMAS_ID_CLOCK_SKEW_SECONDS: '0',
      JWKS_REFRESH_SECONDS: String(KEYS_READ_EVERY_S),
      BU_NANOVEST_AZP_ALLOWED: MOBILE.client_id,
    },
  });
}, 180_000);
afterAll(async () => {
  await gateway?.close();
  await server?.remove();
  provider?.disconnect();
}, 60_000);

/** The provider has done what it was to do. */
async function answer(): Promise<void> {
  const ended = once(provider, 'exit').then(() => Promise.reject(new Error(said)));
  await Promise.race([once(provider, 'message'), ended]);
}

async function order(what: 'add-key' | 'withdraw-keys' | 'away' | 'back'): Promise<void> {
  provider.send(what);
  await answer();
}

/** A person's browser: keeps cookies, follows nothing by itself. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async go(url: string, form?: Readonly<Record<string, string>>): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const [name = '', ...value] = pair.split('=');
      this.#cookies.set(name, value.join('='));
    }
    return answer;
  }

  /** Sends forms and goes where it is sent until it is told to go to the app. */
  async follow(url: string): Promise<URL> {
    let at = url;
    for (let step = 0; step < 20 && !at.startsWith(REDIRECT); step += 1) {
      const page = await this.go(at);
      const text = await page.text();
      const action = /action="([^"]+)"/.exec(text)?.[1];
      const hidden = [...text.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)];
      const given = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]));
      const answer =
        page.status === 200 && action !== undefined
          ? await this.go(new URL(action, issuer).href, {
              ...given,
              ...{ login: 'budi', password: 'any', logout: 'yes' },
            })
          : page;
      const location = answer.headers.get('location');
      if (location === null) return new URL(at);
      at = new URL(location, issuer).href;
    }
    return new URL(at);
  }
}

interface Login {
  readonly token: string;
  readonly idToken: string;
  readonly browser: Browser;
}

/** @param resource what the access token is to be for and like; none: for nothing but the provider's own userinfo */
async function logIn(
  resource = 'nanovest',
  client: Readonly<{ client_id: string; client_secret?: string }> = { client_id: 'nanovest' },
): Promise<Login> {
  const browser = new Browser();
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    ...{ client_id: client.client_id, response_type: 'code', scope: 'openid profile' },
    redirect_uri: REDIRECT,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(resource === '' ? {} : { resource: `https://api.test/${resource}` }),
  });
  const landed = await browser.follow(`${issuer}/auth?${query.toString()}`);
  const code = landed.searchParams.get('code');
  if (code === null) throw new Error(`no code in ${landed.href}`);
  const answer = await browser.go(`${issuer}/token`, {
    ...{ grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: verifier },
    ...client,
  });
  const tokens = (await answer.json()) as { access_token: string; id_token: string };
  return { token: tokens.access_token, idToken: tokens.id_token, browser };
}

/** Status, what the body says, and why a token was refused. */
async function ask(token: string, path = '/v1/me'): Promise<{ status: number; body: object; why: string }> {
  const { status, body, headers } = await gateway.http.get(path).set('authorization', `Bearer ${token}`);
  const challenge = (headers as Record<string, string | undefined>)['www-authenticate'] ?? '';
  return { status, body, why: /error_description="(\w+)"/.exec(challenge)?.[1] ?? '' };
}

const refused = (why: string): object => ({ status: 401, why });

/** Asks until it is so; nobody is told to log in again on the way there. */
async function becomes(token: string, wanted: number, meanwhile: number): Promise<void> {
  const seen = new Set<number>();
  const last = await eventually(
    async () => {
      const { status } = await ask(token);
      seen.add(status);
      return status;
    },
    (status) => status === wanted,
    10_000 * KEYS_READ_EVERY_S,
  );
  expect(last).toBe(wanted);
  expect([...seen].filter((status) => ![wanted, meanwhile].includes(status))).toEqual([]);
}

describe('With a SIMAS-ID that is not ours (oidc-provider)', () => {
  it('a person logs in, and the gateway knows them by keys and by userinfo', async () => {
    const { token } = await logIn();
    const budi = { businessUnit: 'nanovest', phoneNumber: '6281234567890', name: 'Budi Santoso' };
    expect(await ask(token)).toMatchObject({ status: 200, body: budi });
    expect(await ask(token, '/v1/me/userinfo')).toMatchObject({ status: 200, body: budi });
  });

  it('a person comes to the unit that the token is for, from each of its clients', async () => {
    const other = await logIn('siminvest', { client_id: 'siminvest' });
    expect(await ask(other.token)).toMatchObject({ status: 200, body: { businessUnit: 'siminvest' } });
    const mobile = await logIn('nanovest', MOBILE);
    expect(await ask(mobile.token)).toMatchObject({ status: 200, body: { businessUnit: 'nanovest' } });
  });

  it.each([
    ['is for somebody else’s API', 'elsewhere', 'nanovest', 'audience_wrong'],
    ['was given to another unit', 'nanovest', 'siminvest', 'party_wrong'],
    ['was given to a stranger’s app', 'nanovest', 'stranger', 'party_wrong'],
    ['is signed by PS256', 'nanovest?alg=PS256', 'nanovest', 'algorithm_not_allowed'],
    ['is signed by ES256', 'nanovest?alg=ES256', 'nanovest', 'algorithm_not_allowed'],
    ['is for the provider alone, and opaque', '', 'nanovest', 'token_malformed'],
  ])('a token that %s is refused, by keys and by userinfo', async (_, resource, client_id, why) => {
    const { token } = await logIn(resource, { client_id });
    for (const path of ['/v1/me', '/v1/me/userinfo', '/v1/me/common-kyc'])
      expect([path, await ask(token, path)]).toMatchObject([path, refused(why)]);
  });

  it('an ID token is no access token, though it is for the same client and signed with the same key', async () => {
    const { idToken } = await logIn();
    expect(await ask(idToken)).toMatchObject(refused('type_not_access'));
    expect(await ask(idToken, '/v1/me/userinfo')).toMatchObject(refused('type_not_access'));
  });

  it('a program with its own token is nobody’s person (RFC 9068 §2.2: the subject is the client)', async () => {
    const body = { grant_type: 'client_credentials', resource: 'https://api.test/nanovest', ...MOBILE };
    const answer = await fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(body) });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    expect(await ask(token)).toMatchObject(refused('service_account'));
    expect(await ask(token, '/v1/me/userinfo')).toMatchObject(refused('service_account'));
  });

  it('a changed token is refused, and an old one when its time is over, though it was good before', async () => {
    const { token } = await logIn('nanovest?ttl=2');
    const [head = '', claims = '', signature = ''] = token.split('.');
    const changed = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    expect(await ask([head, claims, changed].join('.'))).toMatchObject(refused('signature_invalid'));
    await becomes(token, 401, 200);
    expect(await ask(token)).toMatchObject(refused('expired'));
  }, 60_000);

  it('a token whose person logged out passes by keys alone, and not where SIMAS-ID is asked', async () => {
    const { token, idToken, browser } = await logIn();
    expect((await ask(token, '/v1/me/common-kyc')).status).not.toBe(401);
    await browser.follow(`${issuer}/session/end?id_token_hint=${idToken}`);
    expect(await ask(token)).toMatchObject({ status: 200 });
    expect(await ask(token, '/v1/me/common-kyc')).toMatchObject(refused('refused_by_simas_id'));
  });

  it('a new key is found, the old one is good while it is published and no longer', async () => {
    const old = await logIn();
    expect(await ask(old.token)).toMatchObject({ status: 200 });
    await order('add-key');
    const fresh = await logIn();
    // Until the keys are read anew: come back later, never: log in again.
    await becomes(fresh.token, 200, 503);
    expect(await ask(old.token)).toMatchObject({ status: 200 });
    await order('withdraw-keys');
    await becomes(old.token, 401, 200);
    expect(await ask(old.token)).toMatchObject(refused('key_unknown'));
    expect(await ask(fresh.token)).toMatchObject({ status: 200 });
  }, 90_000);

  it('while it is away tokens are judged by the keys at hand, and what only it knows is 503', async () => {
    const [known, other] = [await logIn(), await logIn()];
    expect(await ask(known.token)).toMatchObject({ status: 200 });
    await order('away');
    expect(await ask(other.token)).toMatchObject({ status: 200 });
    for (const path of ['/v1/me/userinfo', '/v1/me/common-kyc'])
      expect(await ask(other.token, path)).toMatchObject({
        status: 503,
        body: { code: 'partner_unavailable' },
      });
    await order('back');
    await eventually(
      () => ask(other.token, '/v1/me/userinfo'),
      ({ status }) => status === 200,
      60_000,
    );
    expect(await ask(other.token, '/v1/me/userinfo')).toMatchObject({ status: 200 });
  }, 120_000);
});
