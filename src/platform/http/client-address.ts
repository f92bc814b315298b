import { BlockList, isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** IPv4 as it looks on a socket that speaks both: `::ffff:192.0.2.1` (RFC 4291 §2.5.5.2). */
const MAPPED_IPV4 = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;
/** As some proxies write them into `X-Forwarded-For`: `192.0.2.1:51234`, `[2001:db8::1]`, `[2001:db8::1]:443`. */
const WITH_PORT = /^(?:(?<ipv4>[\d.]+):\d{1,5}|\[(?<ipv6>[\da-fA-F:.]+)(?:%[^\]]*)?\](?::\d{1,5})?)$/;

/** Who makes the request, as far as `TRUST_PROXY` lets proxies say it: an IP address, without a port. */
export function clientAddress(request: FastifyRequest): string {
  // Undefined, whatever its type says, where the client reset the connection before it was accepted.
  const ip: string | undefined = request.ip;
  return plain(ip) || plain(request.raw.socket.remoteAddress);
}

/** Whom limits count: an IPv4 address, or the /64 of an IPv6 address, all of which one host may use (RFC 6177). */
export function addressGroup(written: string | undefined): string {
  const address = plain(written);
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(8 - front.length - back.length).fill('0');
  const groups = [...front, ...zeros, ...back].slice(0, 4).map((group) => parseInt(group, 16).toString(16));
  return `${groups.join(':')}::/64`;
}

/** Whether an address stands on a list of addresses and CIDR ranges. */
export function addressList(ranges: readonly string[]): (written: string | undefined) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    if (bits === undefined) list.addAddress(address, family(address));
    else list.addSubnet(address, Number(bits), family(address));
  }
  return (written) => {
    const address = plain(written);
    return list.check(address, family(address));
  };
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** The address alone; empty where there is none, as in `unknown` or `_hidden` (RFC 7239 §6). */
function plain(written = ''): string {
  const { ipv4, ipv6 } = WITH_PORT.exec(written)?.groups ?? {};
  const address = (ipv4 ?? ipv6 ?? written).replace(MAPPED_IPV4, '').replace(/%.*$/, '');
  return isIP(address) === 0 ? '' : address;
}
