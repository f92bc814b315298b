import { createLog } from '../../platform/logging';
import {
  PartnerError,
  type PartnerHttpClient,
  type PartnerHttpClients,
  type PartnerResponse,
} from '../../platform/outbound';
import { Clock, Deadline } from '../../platform/time';
import { type PlatformSettings, Secret } from '../../platform/config';
import { serverKey } from '../envelope/server-key';
import type { SatusehatAccount, SatusehatSettings } from '../satusehat.settings';
import { SatusehatApiClient } from './satusehat-api.client';

const ACCOUNT: SatusehatAccount = {
  SATUSEHAT_BASE_URL: 'https://api-satusehat-stg.dto.kemkes.go.id',
  SATUSEHAT_PUBLIC_KEY: serverKey.parse('development'),
  SATUSEHAT_KYC_MODE: 'encrypted',
  SATUSEHAT_CHALLENGE_MODE: 'plain',
  SATUSEHAT_OFFICER_ROLE: undefined,
  SATUSEHAT_OFFICERS: undefined,
  SATUSEHAT_CLIENT_ID: 'facility',
  SATUSEHAT_CLIENT_SECRET: new Secret('s3cr=t & more'),
};

const SOON = Deadline.after(60_000);

class TestClock extends Clock {
  time = 1_000_000_000_000;
  override now(): number {
    return this.time;
  }

  override elapsed(): number {
    return this.time;
  }
}

type Post = PartnerHttpClient['send'];

function json(body: unknown, status = 200): PartnerResponse {
  return { status, headers: {}, body: Buffer.from(JSON.stringify(body)) };
}

/** Strings everywhere, as the Ministry writes them (satusehat.md §2). */
function tokenAnswer(value: string, expiresIn: unknown = '3599'): PartnerResponse {
  return json({
    refresh_token_expires_in: '0',
    api_product_list_json: ['api-sandbox'],
    token_type: 'BearerToken',
    issued_at: '1671109805593',
    access_token: value,
    expires_in: expiresIn,
    status: 'approved',
  });
}

function ministry(): {
  tokens: SatusehatApiClient;
  clock: TestClock;
  post: jest.MockedFunction<Post>;
  log: () => string;
} {
  const lines: string[] = [];
  const clock = new TestClock();
  let issued = 0;
  const post = jest.fn<ReturnType<Post>, Parameters<Post>>(() => {
    issued += 1;
    return Promise.resolve(tokenAnswer(`token${issued}`));
  });
  const log = createLog('info', { write: (line: string) => void lines.push(line) });
  const platform = { values: { PARTNER_TIMEOUT_MS: 5_000 } } as PlatformSettings;
  const settings = { whenUsed: ACCOUNT, forUnit: () => ACCOUNT } as unknown as SatusehatSettings;
  const clients = { create: () => ({ send: post }) } as unknown as PartnerHttpClients;
  const tokens = new SatusehatApiClient(settings, platform, clients, clock, log);
  return { tokens, clock, post, log: () => lines.join('') };
}

describe("a business unit's access token", () => {
  it('is asked for as documented: the grant in the query, the credentials in a form', async () => {
    const { tokens, post } = ministry();
    await tokens.token('nanovest', SOON);
    expect(post).toHaveBeenCalledWith({
      operation: 'token',
      origin: { businessUnit: 'nanovest' },
      method: 'POST',
      url: 'https://api-satusehat-stg.dto.kemkes.go.id/oauth2/v1/accesstoken?grant_type=client_credentials',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'client_id=facility&client_secret=s3cr%3Dt+%26+more',
      deadline: expect.any(Deadline),
    });
  });

  it.each([
    ['3599', 3599],
    ['14399', 14_399],
    [3599, 3599],
    ['30', 30],
  ])('is kept as long as expires_in %p says', async (expiresIn, seconds) => {
    const { tokens, clock, post } = ministry();
    post.mockResolvedValueOnce(tokenAnswer('first', expiresIn));
    await tokens.token('nanovest', SOON);
    clock.time += seconds * 1000 - 1;
    expect(await tokens.token('nanovest', SOON)).toBe('first');
    clock.time += 1;
    await settled();
    expect(await tokens.token('nanovest', SOON)).not.toBe('first');
  });

  it('still serves when its renewal fails, until its end', async () => {
    const { tokens, clock, post, log } = ministry();
    await tokens.token('nanovest', SOON);
    clock.time += 3_300_000;
    post.mockRejectedValue(new PartnerError('SATUSEHAT', 'token', 'unavailable'));
    expect(await tokens.token('nanovest', SOON)).toBe('token1');
    await settled();
    expect(log()).toContain('renewing an access token failed');
    clock.time += 299_000;
    await expect(tokens.token('nanovest', SOON)).rejects.toMatchObject({ code: 'partner_unavailable' });
  });

  it('is asked for anew by officers who joined a renewal that came to nothing', async () => {
    const { tokens, post } = ministry();
    post.mockRejectedValueOnce(new PartnerError('SATUSEHAT', 'token', 'timeout'));
    const asked = await Promise.allSettled([1, 2, 3].map(() => tokens.token('nanovest', SOON)));
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(post).toHaveBeenCalledTimes(2);
  });

  it('is not waited for longer than the caller has time, and then serves the next one', async () => {
    const { tokens, post } = ministry();
    let answer = (_: PartnerResponse): void => undefined;
    post.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    await expect(tokens.token('nanovest', Deadline.after(5))).rejects.toMatchObject({ status: 504 });
    const next = tokens.token('nanovest', SOON);
    answer(tokenAnswer('late'));
    expect(await next).toBe('late');
    expect(post).toHaveBeenCalledTimes(1);
  });

  it("is never another unit's", async () => {
    const { tokens } = ministry();
    expect(await tokens.token('nanovest', SOON)).not.toBe(await tokens.token('siminvest', SOON));
  });

  it.each([
    ['no token', json({ expires_in: '3599' })],
    ['no lifetime', json({ access_token: 'abc' })],
    ['a lifetime in words', tokenAnswer('abc', 'soon')],
    ['a token that would break out of its header', tokenAnswer('abc\r\nX-Other: 1')],
    ['an error status', { ...tokenAnswer('abc'), status: 500 }],
  ])('cannot come from an answer with %s', async (_, answer) => {
    const { tokens, post } = ministry();
    post.mockResolvedValueOnce(answer);
    await expect(tokens.token('nanovest', SOON)).rejects.toMatchObject({ status: 502 });
  });

  it('that the Ministry refuses to give raises an alarm without the secret', async () => {
    const { tokens, post, log } = ministry();
    post.mockResolvedValueOnce(json({ ErrorCode: 'invalid_client', Error: 'ClientId is Invalid' }, 401));
    await expect(tokens.token('nanovest', SOON)).rejects.toMatchObject({
      status: 502,
      detail: expect.stringContaining('invalid_client'),
    });
    expect(log()).toContain('"alarm":"satusehat_credentials_refused"');
    expect(log()).not.toContain('s3cr');
    expect(log()).not.toContain('ClientId is Invalid');
  });

  it.each([
    [401, { ErrorCode: 'invalid_client', Error: 'ClientId is Invalid' }, true],
    [400, { ErrorCode: 'invalid_client' }, true],
    [400, { resourceType: 'OperationOutcome', issue: [{ severity: 'invalid', code: 'value' }] }, true],
    [401, '', true],
    [401, '<html>401</html>', false],
    [403, '<html>403</html>', false],
    [404, '', false],
    [404, '<html>404</html>', false],
    [404, { resourceType: 'OperationOutcome', issue: [{ code: 'not-found' }] }, false],
    [405, { fault: { faultstring: 'Method Not Allowed' } }, false],
    [409, {}, false],
    [410, 'gone', false],
    [451, '<html>451</html>', false],
    [400, { ErrorCode: 'invalid_request' }, false],
  ])('is 502 after %d %j; an alarm about the credentials: %j', async (status, body, alarm) => {
    const { tokens, post, log } = ministry();
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    post.mockResolvedValueOnce({ status, headers: {}, body: Buffer.from(text) });
    await expect(tokens.token('nanovest', SOON)).rejects.toMatchObject({ code: 'partner_error' });
    expect(log().includes('refuses the credentials')).toBe(alarm);
  });

  it('is asked for again when the Ministry wants, said as a date without one of its own', async () => {
    const { tokens, clock, post } = ministry();
    const headers = { 'retry-after': new Date(clock.time + 40_000).toUTCString() };
    post.mockResolvedValueOnce({ status: 429, headers, body: Buffer.from('') });
    await expect(tokens.token('nanovest', SOON)).rejects.toMatchObject({ retryAfterSeconds: 40 });
  });

  it('is read with a byte order mark in front', async () => {
    const { tokens, post } = ministry();
    const { body, ...rest } = tokenAnswer('marked');
    post.mockResolvedValueOnce({ ...rest, body: Buffer.concat([Buffer.from('\ufeff'), body]) });
    expect(await tokens.token('nanovest', SOON)).toBe('marked');
  });
});

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
