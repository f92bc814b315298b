import type { FastifyRequest } from 'fastify';
import { addressGroup, addressList, clientAddress } from './client-address';

describe('whom a limit counts', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:51234', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['[::ffff:192.0.2.1]:80', '192.0.2.1'],
    ['2001:db8:0:1::7', '2001:db8:0:1::/64'],
    ['2001:0DB8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:1::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['[2001:db8::1]', '2001:db8:0:0::/64'],
    ['[2001:db8::1]:443', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['[fe80::1%eth0]:443', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('is for %p %p', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });

  it.each([undefined, '', 'unknown', '_hidden', '192.0.2.1:', '192.0.2.1:x', '192.0.2.256:80', '[::1'])(
    'is nobody for %p',
    (forwarded) => {
      expect(addressGroup(forwarded)).toBe('');
    },
  );
});

describe('the address of a request', () => {
  it('is empty when the client reset the connection before it was accepted', () => {
    expect(clientAddress({ ip: undefined, raw: { socket: {} } } as unknown as FastifyRequest)).toBe('');
  });
});

describe('a list of addresses and ranges', () => {
  const isListed = addressList(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32']);

  it.each([
    '10.1.2.3',
    '10.1.2.3:8080',
    '::ffff:10.1.2.3',
    '192.0.2.7',
    '2001:db8:1::1',
    '[2001:db8::1]:443',
  ])('has %s', (address) => {
    expect(isListed(address)).toBe(true);
  });

  it.each(['11.1.2.3', '11.1.2.3:8080', '192.0.2.8', '2001:db9::1', '[2001:db9::1]:443', undefined, '', 'x'])(
    'has not %p',
    (address) => {
      expect(isListed(address)).toBe(false);
    },
  );
});
