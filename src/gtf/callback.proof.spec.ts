import type { FastifyRequest } from 'fastify';
import { Secret } from '../platform/config';
import { GtfCallback } from './callback.proof';
import type { GtfAccounts } from './gtf-accounts';
import type { GtfSettings } from './gtf.settings';

const HEADERS = [
  { businessUnit: 'nanovest', name: 'authorization', value: new Secret('Bearer of-nanovest') },
  { businessUnit: 'siminvest', name: 'x-api-key', value: new Secret('kunci-é') },
];

function proof(allowed?: readonly string[]): GtfCallback {
  const accounts = { callbackHeaders: HEADERS } as unknown as GtfAccounts;
  return new GtfCallback(accounts, {
    values: { GTF_CALLBACK_ALLOWED_IPS: allowed },
  } as unknown as GtfSettings);
}

function request(headers: Readonly<Record<string, string | string[]>>, ip = '203.0.113.9'): FastifyRequest {
  return { headers, ip } as unknown as FastifyRequest;
}

describe('a callback’s header', () => {
  it('names the unit that registered it', () => {
    expect(proof().prove(request({ authorization: 'Bearer of-nanovest' }))).toEqual({
      kind: 'partner',
      partner: 'gtf',
      businessUnit: 'nanovest',
    });
  });

  it('is compared by its bytes, as HTTP carries them', () => {
    const latin1 = Buffer.from('kunci-é').toString('latin1');
    expect(proof().prove(request({ 'x-api-key': latin1 })).businessUnit).toBe('siminvest');
  });

  it.each([
    { authorization: 'Bearer of-nanovest ' },
    { authorization: 'bearer of-nanovest' },
    { authorization: '' },
    { 'x-api-key': 'Bearer of-nanovest' },
    { authorization: ['Bearer of-nanovest', 'x'] },
  ])('%j is nobody’s', (headers) => {
    expect(() => proof().prove(request(headers as Record<string, string>))).toThrow(
      expect.objectContaining({ status: 401, code: 'unauthorized' }) as Error,
    );
  });

  it('counts only from an address on the list, where there is one', () => {
    const header = { authorization: 'Bearer of-nanovest' };
    const listed = proof(['203.0.113.0/24', '2001:db8::/32', '198.51.100.7']);
    for (const ip of ['203.0.113.9', '198.51.100.7', '2001:db8::1', '::ffff:203.0.113.9'])
      expect(listed.prove(request(header, ip)).businessUnit).toBe('nanovest');
    for (const ip of ['203.0.114.9', '198.51.100.8', '2001:db9::1'])
      expect(() => listed.prove(request(header, ip))).toThrow();
  });
});
