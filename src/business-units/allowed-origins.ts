import { inProduction, list, type Variable } from '../platform/config';

/** Whatever port a developer's server has: `localhost` and `127.0.0.1` alike (contract §7.2). */
const ANY_LOCAL_PORT = /^http:\/\/(localhost|127\.0\.0\.1):\*$/;
/** Of a web page as browsers write it, or of a page in an app (`capacitor://localhost`). */
const SCHEME_AND_HOST = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(:\d{1,5})?$/;
const LOCAL_PAGE = /^http:\/\/(localhost|127\.0\.0\.1)(:\d{1,5})?$/;

/** Exact origins (RFC 6454 §6.2). */
export const allowedOrigins: Variable<readonly string[]> = inProduction(
  list('origins').refine(
    (origins) => origins.every((origin) => ANY_LOCAL_PORT.test(origin) || isOrigin(origin)),
    'must be origins such as `https://app.example.com`, or `http://localhost:*`',
  ),
  list('origins').refine(
    (origins) => origins.every(isOrigin),
    'must be exact origins such as `https://app.example.com` in production',
  ),
);

/** Browsers leave the default port out: an origin written with it would match no request. */
function isOrigin(text: string): boolean {
  if (!SCHEME_AND_HOST.test(text) || !URL.canParse(text)) return false;
  const { origin } = new URL(text);
  return origin === text || origin === 'null';
}

export function allowsOrigin(origins: readonly string[]): (origin: string) => boolean {
  const exact = new Set(origins);
  const takesLocal = origins.some((origin) => ANY_LOCAL_PORT.test(origin));
  return (origin) => exact.has(origin) || (takesLocal && LOCAL_PAGE.test(origin));
}
