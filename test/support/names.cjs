// Preloaded into a process under test: names under `.test` lead to this machine, but those that stand in the file NAMES_AWAY do not resolve.
const dns = require('node:dns');
const { readFileSync } = require('node:fs');
const process = require('node:process');
const { setImmediate } = require('node:timers');

const { lookup } = dns;

dns.lookup = (host, ...rest) => {
  if (!host.endsWith('.test')) return lookup(host, ...rest);
  const done = rest.at(-1);
  const options = typeof rest[0] === 'object' ? rest[0] : {};
  if (readFileSync(process.env.NAMES_AWAY, 'utf8').split('\n').includes(host)) {
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
      code: 'ENOTFOUND',
      syscall: 'getaddrinfo',
    });
    setImmediate(done, Object.assign(error, { hostname: host }));
  } else if (options.all) setImmediate(done, null, [{ address: '127.0.0.1', family: 4 }]);
  else setImmediate(done, null, '127.0.0.1', 4);
};
