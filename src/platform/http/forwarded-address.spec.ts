import { trustedProxies, withoutPort } from './forwarded-address';

describe('an address that a proxy forwards', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:51234', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[fe80::1%eth0]:443', 'fe80::1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['[::ffff:192.0.2.1]:80', '::ffff:192.0.2.1'],
  ])('%s is %s', (forwarded, address) => {
    expect(withoutPort(forwarded)).toBe(address);
  });

  it.each(['', 'unknown', '_hidden', '192.0.2.1:', '192.0.2.1:x', '192.0.2.256:80', '[::1'])(
    '%p is none',
    (forwarded) => {
      expect(withoutPort(forwarded)).toBeUndefined();
    },
  );

  it('may be the one of a trusted proxy, with its port', () => {
    const isTrusted = trustedProxies(['10.0.0.0/8', '2001:db8::/32']);
    for (const proxy of ['10.1.2.3', '10.1.2.3:8080', '[2001:db8::1]:443'])
      expect(isTrusted(proxy)).toBe(true);
    for (const other of ['11.1.2.3:8080', '[2001:db9::1]:443', 'unknown'])
      expect(isTrusted(other)).toBe(false);
  });
});
