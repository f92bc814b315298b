import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Log } from './platform/logging';

/** What Vite made of `console/`. */
const BUILT = join(__dirname, '..', 'console', 'dist');
/** Where Vite leaves room for a nonce (console/vite.config.ts). */
const NONCE = /\{\{nonce\}\}/g;

/**
 * The back office's page at `/console`. Anybody may load it; what it shows it asks this API for, with the credential that the officer
 * types in. Its component library writes styles into the page, which a nonce a response allows (contract §7.1).
 */
export function setupConsole(app: NestFastifyApplication, log: Log): void {
  const index = builtPage();
  if (index === undefined) return log.warn('the console is not built: npm run build makes it');
  // The names hold a hash of what is in them.
  app.useStaticAssets({
    root: join(BUILT, 'assets'),
    prefix: '/console/assets/',
    decorateReply: false,
    index: false,
    preCompressed: true,
    immutable: true,
    maxAge: '1y',
  });
  app
    .getHttpAdapter()
    .getInstance()
    .get('/console', (request, reply) => {
      const nonce = randomBytes(16).toString('base64');
      const [path = ''] = request.url.split('?');
      const page = index.replace(NONCE, nonce);
      return reply
        .type('text/html; charset=utf-8')
        .header('cache-control', 'no-cache')
        .header('content-security-policy', policy(nonce))
        .send(path.endsWith('/') ? page : page.replaceAll('"./assets/', '"./console/assets/'));
    });
}

function builtPage(): string | undefined {
  try {
    return readFileSync(join(BUILT, 'index.html'), 'utf8');
  } catch {
    return undefined;
  }
}

function policy(nonce: string): string {
  return (
    `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self'; connect-src 'self'; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  );
}
