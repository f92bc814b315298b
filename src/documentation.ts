import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { createDocument } from './openapi-document';
import { documentOfPage, onboardingPlugin } from './swagger-onboarding';

/** Swagger UI at `/docs`, served from this process; the document at `/openapi.json`. */
export function setupDocumentation(app: NestFastifyApplication): void {
  // Nest's own page has styles within, which the policy of our pages does not allow (contract §7.1).
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, reply, done) => {
      const isRead = request.method === 'GET' || request.method === 'HEAD';
      if (!isRead || !request.url.startsWith('/docs') || !PAGE_ROUTES.has(request.routeOptions.url ?? ''))
        return done();
      const [path = ''] = request.url.split('?');
      return void reply
        .type('text/html; charset=utf-8')
        .send(page(path.endsWith('/docs') ? './docs/' : './'));
    });
  let document: OpenAPIObject | undefined;
  const build = (): OpenAPIObject => (document ??= createDocument(app));
  // Nest would write the document anew for every stranger who asks for it.
  let written: Buffer | undefined;
  app
    .getHttpAdapter()
    .getInstance()
    .get('/openapi.json', (_request, reply) => {
      written ??= Buffer.from(JSON.stringify(build()));
      return reply.type('application/json').send(written);
    });
  app
    .getHttpAdapter()
    .getInstance()
    .get('/docs/readable.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(READABLE));
  SwaggerModule.setup('docs', app, () => documentOfPage(build()), {
    raw: false,
    swaggerOptions: {
      layout: 'BaseLayout',
      displayRequestDuration: true,
      tryItOutEnabled: true,
      // Passwords and tokens of people and business units do not stay in the browser.
      persistAuthorization: false,
      validatorUrl: null,
      plugins: [onboardingPlugin],
    },
  });
}

/** Swagger UI's own colours are too pale to be read by everybody, its list of one server is a field without a name, and a telephone breaks its words. */
const READABLE = `
.swagger-ui .opblock-summary-method { background: #14693a !important; }
.swagger-ui .opblock-get .opblock-summary-method { background: #1a5fb4 !important; }
.swagger-ui .opblock-put .opblock-summary-method, .swagger-ui .opblock-patch .opblock-summary-method { background: #8a4b00 !important; }
.swagger-ui .opblock-delete .opblock-summary-method { background: #a3271f !important; }
.swagger-ui .info .title small.version-stamp { background: #14693a; }
.swagger-ui .btn.authorize { border-color: #14693a; color: #14693a; }
.swagger-ui .json-schema-2020-12-expand-deep-button { color: #505050; }
.swagger-ui .schemes-server-container { display: none !important; }
@media (max-width: 40rem) {
  .swagger-ui .wrapper { padding: 0 8px; }
  .swagger-ui .opblock-tag, .swagger-ui .opblock-summary-control, .swagger-ui .opblock-summary-path-description-wrapper { flex-wrap: wrap; }
  .swagger-ui .opblock-tag small { flex-basis: 100%; padding: 0; }
  .swagger-ui .opblock .opblock-summary-path { max-width: 100%; }
}
`;

const PAGE_ROUTES = new Set(['/docs', '/docs/', '/docs/index.html']);

function page(base: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>KYC Gateway</title>
  <link rel="icon" type="image/png" href="${base}favicon-32x32.png">
  <link rel="stylesheet" href="${base}swagger-ui.css">
  <link rel="stylesheet" href="${base}index.css">
  <link rel="stylesheet" href="${base}readable.css">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="${base}swagger-ui-bundle.js"></script>
  <script src="${base}swagger-ui-standalone-preset.js"></script>
  <script src="${base}swagger-ui-init.js"></script>
</body>
</html>
`;
}
