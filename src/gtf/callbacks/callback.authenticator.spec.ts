import type { FastifyRequest } from 'fastify';
import type { FailedCredentials } from '../../auth';
import { Secret } from '../../platform/config';
import type { GatewayError } from '../../platform/errors';
import { GtfCallback } from './callback.authenticator';
import type { GtfAccounts } from '../gtf-accounts.service';
import type { GtfSettings } from '../gtf.settings';

const HEADERS = [
  { businessUnit: 'nanovest', name: 'authorization', value: new Secret('Bearer of-nanovest') },
  { businessUnit: 'siminvest', name: 'x-api-key', value: new Secret('kunci-é') },
];

function proof(allowed?: readonly string[]): GtfCallback {
  const accounts = { callbackHeaders: HEADERS } as unknown as GtfAccounts;
  const answerOf = (_: unknown, { answer }: { answer: GatewayError }): GatewayError => answer;
  const failures = { refusal: answerOf, uncounted: answerOf } as unknown as FailedCredentials;
  return new GtfCallback(accounts, failures, {
    values: { GTF_CALLBACK_ALLOWED_IPS: allowed },
  } as unknown as GtfSettings);
}

function request(headers: Readonly<Record<string, string | string[]>>, ip = '203.0.113.9'): FastifyRequest {
  return { headers, ip, raw: { socket: { remoteAddress: '192.0.2.1' } } } as unknown as FastifyRequest;
}

describe('a callback’s header', () => {
  it('names the unit that registered it', async () => {
    expect(await proof().authenticate(request({ authorization: 'Bearer of-nanovest' }))).toEqual({
      kind: 'partner',
      partner: 'gtf',
      businessUnit: 'nanovest',
    });
  });

  it('is compared by its bytes, as HTTP carries them', async () => {
    const latin1 = Buffer.from('kunci-é').toString('latin1');
    expect((await proof().authenticate(request({ 'x-api-key': latin1 }))).businessUnit).toBe('siminvest');
  });

  it.each([
    { authorization: 'Bearer of-nanovest ' },
    { authorization: 'bearer of-nanovest' },
    { authorization: '' },
    { 'x-api-key': 'Bearer of-nanovest' },
    { authorization: ['Bearer of-nanovest', 'x'] },
    {},
  ])('%j is nobody’s', async (headers) => {
    await expect(proof().authenticate(request(headers as Record<string, string>))).rejects.toMatchObject({
      status: 401,
      code: 'unauthorized',
    });
  });

  it('counts only from an address on the list, where there is one', async () => {
    const header = { authorization: 'Bearer of-nanovest' };
    const listed = proof(['203.0.113.0/24', '2001:db8::/32', '198.51.100.7']);
    for (const ip of ['203.0.113.9', '198.51.100.7', '2001:db8::1', '::ffff:203.0.113.9'])
      expect((await listed.authenticate(request(header, ip))).businessUnit).toBe('nanovest');
    for (const ip of ['203.0.113.9:51234', '[2001:db8::1]:443', '[2001:db8::1]'])
      expect((await listed.authenticate(request(header, ip))).businessUnit).toBe('nanovest');
    for (const ip of ['203.0.114.9', '198.51.100.8:51234', '2001:db9::1', '[2001:db9::1]:443', 'unknown'])
      await expect(listed.authenticate(request(header, ip))).rejects.toMatchObject({ status: 401 });
  });
});
