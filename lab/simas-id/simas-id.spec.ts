import { createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeGateway } from '../fake-gateway.fixture';
import { OFFICER_ROLE, startSimasIdLab, type SimasIdLab } from './index';

interface Jwks {
  keys: (JsonWebKey & { kid: string; use: string; alg: string })[];
}

const start = (snapshotFile?: string): Promise<SimasIdLab> =>
  startSimasIdLab({
    host: '127.0.0.1',
    port: 0,
    units: ['nanovest', 'siminvest'],
    now: () => new Date('2026-11-22T08:00:00Z'),
    links: () => [],
    ...(snapshotFile === undefined ? {} : { snapshotFile }),
  });

const keySet = async (lab: SimasIdLab): Promise<Jwks> =>
  (await (await fetch(`${lab.url}/v1/oidc/certs`)).json()) as Jwks;

const decode = (token: string, part: 0 | 1): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString()) as Record<string, unknown>;

async function isSignedBy(token: string, lab: SimasIdLab): Promise<boolean> {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const key = (await keySet(lab)).keys.find(
    ({ kid, use }) => kid === decode(token, 0)['kid'] && use === 'sig',
  );
  if (key === undefined) return false;
  const publicKey = createPublicKey({ key, format: 'jwk' });
  return verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    publicKey,
    Buffer.from(signature, 'base64url'),
  );
}

const userinfo = (lab: SimasIdLab, token?: string): Promise<Response> =>
  fetch(
    `${lab.url}/v1/oidc/userinfo`,
    token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
  );

describe('SIMAS-ID in the lab', () => {
  let lab: SimasIdLab;
  beforeAll(async () => {
    lab = await start();
  });
  afterAll(() => lab.close());

  it('publishes a signing key and an encryption key, and nothing private', async () => {
    const { keys } = await keySet(lab);
    expect(keys.map(({ use, alg, kty }) => [use, alg, kty])).toEqual([
      ['sig', 'RS256', 'RSA'],
      ['enc', 'RSA-OAEP', 'RSA'],
    ]);
    expect(keys.every((key) => !('d' in key))).toBe(true);
  });

  it('gives a person a token that its key set verifies, with the claims of a Keycloak realm', async () => {
    const token = lab.mintToken({ unit: 'nanovest', phoneNumber: '0856-1057-3956', name: 'John van Doe' });
    expect(await isSignedBy(token, lab)).toBe(true);
    expect(decode(token, 0)).toEqual({ alg: 'RS256', typ: 'JWT', kid: lab.currentKid() });
    const claims = decode(token, 1);
    expect(claims).toMatchObject({
      iss: `${lab.url}/realms/simas-id`,
      aud: ['nanovest'],
      azp: 'nanovest',
      typ: 'Bearer',
      preferred_username: '6285610573956',
      given_name: 'John',
      family_name: 'van Doe',
      exp: Date.parse('2026-11-22T09:00:00Z') / 1000,
    });
    expect(claims['sub']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('knows the same person again, and another one in another business unit', () => {
    const subject = (unit: string, phoneNumber: string): unknown =>
      decode(lab.mintToken({ unit, phoneNumber }), 1)['sub'];
    expect(subject('nanovest', '+62 856 1057 3956')).toBe(subject('nanovest', '085610573956'));
    expect(subject('siminvest', '085610573956')).not.toBe(subject('nanovest', '085610573956'));
  });

  it('mints odd tokens on request', () => {
    const token = lab.mintToken({
      unit: 'nanovest',
      phoneNumber: '085610573956',
      lifetimeSeconds: -5,
      overrides: { aud: 'nanovest', azp: undefined, typ: 'ID' },
      header: { kid: 'unknown' },
    });
    expect(decode(token, 0)['kid']).toBe('unknown');
    expect(decode(token, 1)).toMatchObject({ aud: 'nanovest', typ: 'ID' });
    expect(decode(token, 1)).not.toHaveProperty('azp');
    expect(Number(decode(token, 1)['exp'])).toBeLessThan(Number(decode(token, 1)['iat']));
  });

  it('tells a person who they are, and refuses with a challenge and no body', async () => {
    const person = { unit: 'nanovest', phoneNumber: '085610573956', sub: 'person-1' };
    const token = lab.mintToken(person);
    const answer = await userinfo(lab, token);
    expect(await answer.json()).toEqual({
      sub: 'person-1',
      email_verified: false,
      preferred_username: '6285610573956',
      given_name: 'John',
      family_name: 'Doe',
      timestamp: '2026-11-22T08:00:00Z',
    });
    const refusals = [
      [undefined, 401, 'Bearer realm="simas-id"'],
      ['not.a.token', 401, 'error="invalid_token"'],
      [lab.mintToken({ ...person, lifetimeSeconds: 0 }), 401, 'error="invalid_token"'],
      [lab.mintToken({ ...person, overrides: { typ: 'ID' } }), 401, 'error="invalid_token"'],
      [lab.mintToken({ ...person, overrides: { iss: 'https://other' } }), 401, 'error="invalid_token"'],
      [lab.mintToken({ ...person, overrides: { scope: 'profile' } }), 403, 'error="insufficient_scope"'],
    ] as const;
    for (const [refused, status, challenge] of refusals) {
      const refusal = await userinfo(lab, refused);
      expect(refusal.status).toBe(status);
      expect(refusal.headers.get('www-authenticate')).toContain(challenge);
      expect(await refusal.text()).toBe('');
    }
    lab.revoke('person-1');
    expect((await userinfo(lab, token)).status).toBe(401);
    expect(await isSignedBy(token, lab)).toBe(true);
  });

  it('keeps the old key published while it rotates, and withdraws it when told to', async () => {
    const before = lab.mintToken({ unit: 'nanovest', phoneNumber: '085610573956' });
    await lab.rotateKey({ keepOld: true });
    expect(await isSignedBy(before, lab)).toBe(true);
    const after = lab.mintToken({ unit: 'nanovest', phoneNumber: '085610573956' });
    await lab.rotateKey({ keepOld: false });
    expect(await isSignedBy(before, lab)).toBe(false);
    expect(await isSignedBy(after, lab)).toBe(false);
    expect(await isSignedBy(lab.mintToken({ unit: 'nanovest', phoneNumber: '0856105739' }), lab)).toBe(true);
  });

  it('gives tokens to a person at the page and to a program over HTTP', async () => {
    const markup = await (await fetch(lab.url)).text();
    expect(markup).toContain('<option>siminvest</option>');
    const answer = await fetch(`${lab.url}/lab/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ unit: 'siminvest', phoneNumber: '085610573956', lifetimeSeconds: 60 }),
    });
    const { accessToken, expiresIn } = (await answer.json()) as { accessToken: string; expiresIn: number };
    expect(expiresIn).toBe(60);
    expect(await isSignedBy(accessToken, lab)).toBe(true);
    const stranger = await fetch(`${lab.url}/lab/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ unit: 'stranger', phoneNumber: '085610573956' }),
    });
    expect(stranger.status).toBe(400);
  });

  it('gives an officer of a health facility a token with the role, and nobody else', async () => {
    const mint = async (officer: unknown): Promise<unknown> => {
      const answer = await fetch(`${lab.url}/lab/tokens`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ unit: 'nanovest', phoneNumber: '081234567890', officer }),
      });
      return ((await answer.json()) as { claims: Record<string, unknown> }).claims['realm_access'];
    };
    // As a program asks for it, and as the page's check box does.
    for (const yes of [true, 'true']) expect(await mint(yes)).toEqual({ roles: [OFFICER_ROLE] });
    for (const no of [undefined, false, 'false']) expect(await mint(no)).toBeUndefined();
    expect(await (await fetch(lab.url)).text()).toContain('name="officer"');
  });

  it('signs with the same key after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lab-'));
    const first = await start(join(folder, 'simas-id.json'));
    const token = first.mintToken({ unit: 'nanovest', phoneNumber: '085610573956' });
    await first.close();
    const second = await start(join(folder, 'simas-id.json'));
    expect(await isSignedBy(token, second)).toBe(true);
    await second.close();
    rmSync(folder, { recursive: true });
  });
});

describe('the sender of one-time codes', () => {
  let lab: SimasIdLab;
  let gateway: FakeGateway;

  beforeAll(async () => {
    lab = await start();
    gateway = await FakeGateway.start();
  });
  afterAll(async () => {
    await gateway.close();
    await lab.close();
  });

  it('says what is missing as long as no gateway is connected', async () => {
    const request = { unit: 'nanovest', identifier: '084512340987', channel: 'whatsapp' };
    await expect(lab.sendOtp(request)).rejects.toThrow('LAB_OTP_WEBHOOK');
  });

  it('calls the webhook exactly as the partner page shows and never shows the code at the lab', async () => {
    lab.connectGateway({
      url: gateway.url,
      otpWebhook: { nanovest: { user: 'sender', password: 'pass:word' } },
    });
    const answer = await fetch(`${lab.url}/lab/otp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        unit: 'nanovest',
        identifier: '084512340987',
        channel: 'whatsapp',
        otp: '012345',
      }),
    });
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ status: 200, body: {} });
    expect(text).not.toContain('012345');
    expect(gateway.requests[0]).toMatchObject({ method: 'POST', path: '/v1/webhooks/otp' });
    expect(gateway.requests[0]?.headers.authorization).toBe(`Basic ${btoa('sender:pass:word')}`);
    expect(JSON.parse(gateway.requests[0]?.body ?? '')).toEqual({
      identifier: '084512340987',
      otp: '012345',
      channel: 'whatsapp',
    });
  });

  it('makes a six-digit code of its own, which a test may read', async () => {
    const { otp, status } = await lab.sendOtp({
      unit: 'nanovest',
      identifier: 'john@doe.example',
      channel: 'email',
    });
    expect(status).toBe(200);
    expect(otp).toMatch(/^\d{6}$/);
    expect(gateway.requests.at(-1)?.body).toContain(otp);
  });

  it('reports a gateway that cannot be reached', async () => {
    lab.connectGateway({ url: 'http://127.0.0.1:1', otpWebhook: { nanovest: { user: 'a', password: 'b' } } });
    const answer = await fetch(`${lab.url}/lab/otp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ unit: 'nanovest', identifier: '084512340987', channel: 'sms' }),
    });
    expect(answer.status).toBe(502);
  });
});
