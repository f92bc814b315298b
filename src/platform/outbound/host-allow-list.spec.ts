import { allows } from './host-allow-list';

describe('a URL that somebody else gave us', () => {
  const hosts = ['storage.example.com', '*.cdn.example.com', '127.0.0.1'];

  it.each([
    ['https://storage.example.com/a?sig=1', true],
    ['https://storage.example.com:8443/a', true],
    ['https://STORAGE.example.com/a', true],
    ['https://a.b.cdn.example.com/a', true],
    ['http://127.0.0.1:4400/a', true],
    ['https://cdn.example.com/a', false],
    ['https://evil.example/a', false],
    ['https://storage.example.com.evil.example/a', false],
    ['https://user:password@storage.example.com/a', false],
    ['http://storage.example.com/a', false],
    ['ftp://storage.example.com/a', false],
  ])('%s is followed: %s', (url, followed) => {
    expect(allows(hosts, new URL(url))).toBe(followed);
  });
});
