import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { addressList } from './client-address';

/** As some proxies write them into `X-Forwarded-For`: `192.0.2.1:51234`, `[2001:db8::1]`, `[2001:db8::1]:443`. */
const WITH_PORT = /^(?:(?<ipv4>[\d.]+):\d{1,5}|\[(?<ipv6>[\da-fA-F:.]+)(?:%[^\]]*)?\](?::\d{1,5})?)$/;

/** The address alone; undefined where there is none, as in `unknown` or `_hidden` (RFC 7239 §6). */
export function withoutPort(forwarded: string): string | undefined {
  const { ipv4, ipv6 } = WITH_PORT.exec(forwarded)?.groups ?? {};
  const address = ipv4 ?? ipv6 ?? forwarded;
  return isIP(address) === 0 ? undefined : address;
}

/** Who makes the request, as far as `TRUST_PROXY` lets proxies say it: an IP address, without a port. */
export function clientAddress(request: FastifyRequest): string {
  return withoutPort(request.ip) ?? request.raw.socket.remoteAddress ?? '';
}

/** Which addresses are trusted proxies, written with a port or without. */
export function trustedProxies(ranges: readonly string[]): (address: string) => boolean {
  const isListed = addressList(ranges);
  return (address) => isListed(withoutPort(address) ?? '');
}
