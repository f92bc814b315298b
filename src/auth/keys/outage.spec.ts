import { randomBytes } from 'node:crypto';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { ServerResponse } from 'node:http';
import type { LightMyRequestResponse } from 'fastify';
import { HealthChecks } from '../../platform/health';
import { type AuthGateway, KeptKeySets, startAuthGateway } from '../gateway.fixture';
import { base64url, published, realmKey, SimasIdFixture } from '../simas-id.fixture';

/** What a key server may do instead of answering properly. */
const MISBEHAVIOURS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'answers 500': (response) => void response.writeHead(500).end('{"keys":[]}'),
  'answers 404': (response) => void response.writeHead(404).end(),
  'answers 204': (response) => void response.writeHead(204).end(),
  'answers with a page': (response) =>
    void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sorry</html>'),
  'answers with an empty set': (response) => void response.writeHead(200).end('{"keys":[]}'),
  'answers with an empty object': (response) => void response.writeHead(200).end('{}'),
  'answers with null': (response) => void response.writeHead(200).end('null'),
  'answers with nothing': (response) => void response.writeHead(200).end(),
  'answers with half a set': (response) => void response.writeHead(200).end('{"keys":[{"kty":"RSA"'),
  'answers with keys that are no list': (response) =>
    void response.writeHead(200).end('{"keys":{"0":{"kty":"RSA"}}}'),
  'answers with junk members': (response) =>
    void response.writeHead(200).end('{"keys":[null,5,"x",[],{},{"kty":"RSA","kid":"a"}]}'),
  'answers with a weak key alone': (response) =>
    void response.writeHead(200).end(JSON.stringify({ keys: [WEAK] })),
  'answers with an encryption key alone': (response) =>
    void response
      .writeHead(200)
      .end(JSON.stringify({ keys: [{ ...published(realmKey()), use: 'enc', alg: 'RSA-OAEP' }] })),
  'answers with 10 MB': (response) =>
    void response.writeHead(200).end(`{"keys":[${'0,'.repeat(5_000_000)}0]}`),
  'answers with 10 MB packed into 10 KB': (response) =>
    void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(10_000_000, 32))),
  'sends people elsewhere': (response) => void response.writeHead(302, { location: '/other' }).end(),
  'resets the connection': (response) => void response.socket?.resetAndDestroy(),
  'hangs up in the middle': (response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('{"keys":[');
    setImmediate(() => response.socket?.destroy());
  },
  'never answers': () => undefined,
  'drips a byte at a time': (response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(drip));
  },
};
const WEAK = published(realmKey(1024));

/** Asks who a token is, and lets timers and sockets have their turn: requests injected in a row would starve them. */
async function me(server: AuthGateway, token: string): Promise<LightMyRequestResponse> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await server.server.inject({ method: 'GET', url: '/v1/me', headers });
  await turn();
  return answer;
}

/** A token never seen before, so that it must be verified. */
let serial = 0;
const freshFrom = (realm: SimasIdFixture): string => realm.token({ jti: String((serial += 1)) });

async function refreshes(server: AuthGateway, result: string): Promise<number> {
  const lines = (await server.metrics()).split('\n');
  const counts = lines.filter(
    (line) => line.startsWith('jwks_refresh_total') && line.includes(`result="${result}"`),
  );
  return counts.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** A pause between two requests: signing tokens without one keeps the processor busy. */
const PACE_MS = 20;

/** Sends good tokens until the condition holds; returns how often each status came back. */
async function loadUntil(
  server: AuthGateway,
  realm: SimasIdFixture,
  condition: () => Promise<boolean>,
): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {};
  do {
    const { statusCode } = await me(server, freshFrom(realm));
    statuses[statusCode] = (statuses[statusCode] ?? 0) + 1;
    await sleep(PACE_MS);
  } while (!(await condition()));
  return statuses;
}

describe('while SIMAS-ID’s key server', () => {
  // Side by side: each waits for timers most of the time.
  it.concurrent.each(Object.keys(MISBEHAVIOURS))('%s, good people stay logged in', async (name) => {
    const realm = await new SimasIdFixture().start();
    const server = await startAuthGateway({ ...realm.environment, JWKS_REFRESH_SECONDS: '1' });
    const unknown = () => me(server, realm.token({}, { kid: 'unknown' }));
    expect((await me(server, freshFrom(realm))).statusCode).toBe(200);
    realm.answer = (_, response) => MISBEHAVIOURS[name]?.(response);
    const statuses = await loadUntil(server, realm, async () => (await refreshes(server, 'failed')) >= 1);
    expect(Object.keys(statuses)).toEqual(['200']);
    const stranger = await unknown();
    expect([stranger.statusCode, Number(stranger.headers['retry-after'])]).toEqual([503, 5]);
    const read = await refreshes(server, 'ok');
    realm.answer = undefined;
    await loadUntil(server, realm, async () => (await refreshes(server, 'ok')) > read);
    expect((await unknown()).statusCode).toBe(401);
    await server.app.close();
    await realm.stop();
  });
});

let simasId: SimasIdFixture;
let gateway: AuthGateway | undefined;

beforeEach(async () => {
  simasId = await new SimasIdFixture().start();
});
afterEach(async () => {
  await gateway?.app.close();
  gateway = undefined;
  await simasId.stop();
});

async function start(
  environment: Record<string, string> = {},
  kept = new KeptKeySets(),
): Promise<AuthGateway> {
  gateway = await startAuthGateway({ ...simasId.environment, ...environment }, { kept });
  return gateway;
}

const fresh = (): string => freshFrom(simasId);

describe('while SIMAS-ID’s key server', () => {
  it('is away from the beginning, people are told to come back, and it heals by itself', async () => {
    simasId.answer = (_, response) => void response.writeHead(503).end();
    const server = await start();
    const health = server.app.get(HealthChecks);
    const answer = await me(server, fresh());
    expect(answer.statusCode).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(answer.json()).toMatchObject({ code: 'partner_unavailable' });
    expect(answer.headers['www-authenticate']).toBeUndefined();
    expect((await health.report()).checks).toEqual({ 'simas-id': 'degraded' });
    simasId.answer = undefined;
    await loadUntil(server, simasId, async () => (await refreshes(server, 'ok')) > 0);
    expect((await me(server, fresh())).statusCode).toBe(200);
    expect((await health.report()).checks).toEqual({ 'simas-id': 'ok' });
  });

  it('is away during a restart, the kept key set stands in', async () => {
    const kept = new KeptKeySets();
    const before = await start({}, kept);
    expect((await me(before, fresh())).statusCode).toBe(200);
    await before.app.close();
    simasId.answer = (_, response) => void response.writeHead(503).end();
    const after = await start({}, kept);
    expect((await me(after, fresh())).statusCode).toBe(200);
  });

  it('is away beyond the age of the keys, each token they judge is counted once', async () => {
    const server = await start();
    expect((await me(server, fresh())).statusCode).toBe(200);
    simasId.answer = (_, response) => void response.writeHead(503).end();
    server.clock.ahead += 3_600_000;
    const now = Math.floor(server.clock.now() / 1000);
    const token = simasId.token({ jti: 'late', iat: now, exp: now + 300 });
    for (const times of [1, 2]) {
      expect((await me(server, token)).statusCode).toBe(200);
      expect(await server.metrics()).toContain(`jwks_stale_served_total ${times}\n`);
    }
  });

  it('is away and so is the database, the process lives and answers 503', async () => {
    const kept = new KeptKeySets();
    kept.away = true;
    simasId.answer = (_, response) => void response.writeHead(503).end();
    const server = await start({}, kept);
    expect((await me(server, fresh())).statusCode).toBe(503);
  });

  it('publishes keys that nobody can use, the others are used all the same', async () => {
    simasId.members = [
      null,
      { ...published(realmKey()), use: 'enc' },
      { kid: 'ec', kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' },
      { kid: 'broken', kty: 'RSA', n: '!', e: 'AQAB' },
      { kid: 'exponent', kty: 'RSA', n: published(simasId.key)['n'], e: 'AQ' },
      WEAK,
      { ...published(simasId.key), kid: undefined },
      { ...published(simasId.key), kid: 7 },
      published(simasId.key),
      { ...published(realmKey()), kid: simasId.key.kid },
      { ...published(realmKey()), kid: 'other', alg: 'RS512' },
      { ...published(realmKey()), kid: 'wrap', key_ops: ['wrapKey'] },
    ];
    const server = await start();
    expect((await me(server, fresh())).statusCode).toBe(200);
    for (const kid of ['exponent', 'other', 'wrap', 'broken']) {
      expect((await me(server, simasId.token({}, { kid }))).statusCode).toBe(401);
    }
  });
});

describe('while SIMAS-ID changes keys', () => {
  it('every second under load, nobody is told to log in again', async () => {
    const server = await start();
    const statuses = new Map<number, number>();
    for (let rotation = 0; rotation < 4; rotation += 1) {
      const before = simasId.key;
      simasId.rotate({ keepOld: true });
      const until = Date.now() + 1_200; // in the second of a reading nobody can tell
      while (Date.now() < until) {
        for (const key of [before, simasId.key]) {
          const { statusCode } = await me(server, simasId.token({ jti: String((serial += 1)) }, {}, key));
          statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
        }
      }
    }
    expect(statuses.get(401) ?? 0).toBe(0);
    expect(statuses.get(200) ?? 0).toBeGreaterThan(100);
    expect(simasId.keySetRequests).toBeLessThanOrEqual(2);
  });

  it('every ten seconds for ten minutes, and strangers probe: each new key is known within 30 s, and none is a 401', async () => {
    const server = await start();
    const [atOnce, later] = [new Set<number>(), new Set<number>()];
    const keys = [simasId.key];
    for (let rotation = 0; rotation < 60; rotation += 1) {
      const asks = async (kid: string): Promise<number> => {
        const now = Math.floor(server.clock.now() / 1000);
        const claims = { jti: String((serial += 1)), iat: now, exp: now + 300 };
        return (await me(server, simasId.token(claims, { kid }))).statusCode;
      };
      server.clock.ahead += 9_000;
      await asks(randomBytes(32).toString('base64url'));
      server.clock.ahead += 1_000;
      keys.push({ ...simasId.key, kid: randomBytes(32).toString('base64url') });
      simasId.members = keys.map(published);
      atOnce.add(await asks(keys.at(-1)?.kid ?? ''));
      later.add(await asks(keys.at(-5)?.kid ?? simasId.key.kid));
    }
    expect([...atOnce].sort()).toEqual([200, 503]);
    expect([...later]).toEqual([200]);
    expect(simasId.keySetRequests).toBeLessThanOrEqual(2 + 600 / 30);
  });

  it('and refreshes keep pace, nobody notices anything', async () => {
    const server = await start({ JWKS_REFRESH_SECONDS: '1' });
    for (let rotation = 0; rotation < 3; rotation += 1) {
      const signing = simasId.key;
      // Published ahead of use: the new key signs only after the next refresh.
      simasId.rotate({ keepOld: true });
      simasId.key = signing;
      const read = await refreshes(server, 'ok');
      const statuses = await loadUntil(server, simasId, async () => (await refreshes(server, 'ok')) > read);
      expect(Object.keys(statuses)).toEqual(['200']);
    }
  });

  it('and withdraws one, its tokens end with the next refresh, remembered or not', async () => {
    const server = await start();
    const old = fresh();
    expect((await me(server, old)).statusCode).toBe(200);
    expect((await me(server, old)).statusCode).toBe(200);
    simasId.rotate({ keepOld: false });
    expect((await me(server, fresh())).statusCode).toBe(200);
    expect((await me(server, old)).statusCode).toBe(401);
  });
});

describe('while somebody sends 10,000 random key ids', () => {
  it('SIMAS-ID is asked once and good people notice nothing', async () => {
    const server = await start();
    await me(server, fresh());
    const [, payload, signature] = fresh().split('.');
    const started = Date.now();
    const hostile = new Set<number>();
    for (let round = 0; round < 100; round += 1) {
      const flood = Array.from({ length: 100 }, (_, index) => {
        const header = base64url({ alg: 'RS256', typ: 'JWT', kid: `random-${round}-${index}` });
        return me(server, `${header}.${payload}.${signature}`);
      });
      const good = me(server, fresh());
      for (const { statusCode } of await Promise.all(flood)) hostile.add(statusCode);
      expect((await good).statusCode).toBe(200);
    }
    expect([...hostile]).toEqual([401]);
    expect(simasId.keySetRequests - 1).toBeLessThanOrEqual(1 + Math.floor((Date.now() - started) / 30_000));
  });
});
