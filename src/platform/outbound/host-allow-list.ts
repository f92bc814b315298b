import { isLoopbackHost } from '../config';

/**
 * Whether the URL's host is one of `patterns`, it is `https:` (plain `http:` on loopback alone), and it carries no credentials.
 * @param patterns host names, any port (`storage.example.com`), or `*.example.com` for one or more labels in front
 */
export function allows(patterns: readonly string[], url: URL): boolean {
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
export function hostOf(baseUrl: string): string {
  return new URL(baseUrl).hostname.toLowerCase();
}
