import { isLoopbackHost } from '../config';

/** A host name, any port (`storage.example.com`), or `*.example.com` for one or more labels in front. */
export type HostPattern = string;

/** Whether the URL's host is one of `patterns`, it is `https:` (plain `http:` on loopback alone), and it carries no credentials. */
export function allows(patterns: readonly HostPattern[], url: URL): boolean {
  if (url.username !== '' || url.password !== '') return false;
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(url.hostname))) return false;
  const host = url.hostname.toLowerCase();
  return patterns.some((pattern) =>
    pattern.startsWith('*.')
      ? host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1
      : host === pattern,
  );
}

/** The host a base URL names, for an allow-list. */
export function hostOf(baseUrl: string): HostPattern {
  return new URL(baseUrl).hostname.toLowerCase();
}
