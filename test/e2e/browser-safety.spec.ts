import { ApiDocument } from '../support/api-document';
import { backOffice, basic, startTestGateway, type TestGateway } from '../support/test-gateway';

/** What a browser must not be made to do. */
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(async () => {
  await gateway?.close();
});

describe('a page of another site', () => {
  const UNKNOWN = '00000000-0000-4000-8000-000000000000';

  it.each(['cross-site', 'same-site', 'cross-site, same-origin', ''])(
    'cannot change anything with the password that an officer’s browser remembers (%p)',
    async (site) => {
      const { operations } = await ApiDocument.of(gateway);
      const changing = operations.filter(
        ({ method, security }) =>
          method !== 'GET' && security?.some((scheme) => 'back-office' in scheme) === true,
      );
      expect(changing.length).toBeGreaterThan(3);
      for (const { method, path, responses } of changing) {
        const answer = await fetch(gateway.url + path.replaceAll(/\{\w+\}/g, UNKNOWN), {
          method,
          headers: { authorization: backOffice('nanovest'), 'sec-fetch-site': site },
        });
        const body = (await answer.json()) as { code?: string };
        expect([method, path, answer.status, body.code]).toEqual([method, path, 403, 'cross_site']);
        expect(Object.keys(responses)).toContain('403');
      }
    },
  );

  it.each(['same-origin', 'none', undefined])(
    'is told from our own, and from programs (%p)',
    async (site) => {
      const path = `/v1/submissions/${UNKNOWN}/approve`;
      const asked = gateway.http.post(path).set('Authorization', backOffice('nanovest'));
      expect((await (site === undefined ? asked : asked.set('Sec-Fetch-Site', site))).status).toBe(404);
      const stranger = gateway.http.post(path).set('Authorization', basic('a', 'b'));
      expect((await (site === undefined ? stranger : stranger.set('Sec-Fetch-Site', site))).status).toBe(401);
    },
  );

  it('may lead to what is only read', async () => {
    const answer = await gateway.http
      .get('/v1/submissions')
      .set('Authorization', backOffice('nanovest'))
      .set('Sec-Fetch-Site', 'cross-site');
    expect(answer.status).toBe(200);
  });
});

describe('the pages of the documentation', () => {
  it.each(['/docs', '/docs/', '/docs/index.html', '/docs/oauth2-redirect.html'])(
    'allow no script but ours, and no frame around them: %s',
    async (path) => {
      const page = await gateway.http.get(path);
      expect(page.status).toBe(200);
      const policy = page.headers['content-security-policy'] as string;
      expect(policy).toContain("default-src 'none'");
      expect(policy).toMatch(/script-src 'self'(;|$)/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|http/);
    },
  );

  it('have nothing within that this forbids, and everything they name is there', async () => {
    for (const path of ['/docs', '/docs/', '/docs/index.html']) {
      const { text } = await gateway.http.get(path);
      expect(text).not.toMatch(/<style|style=|<script(?! src=)|\son\w+=|javascript:/);
      const named = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url);
      expect(named.length).toBeGreaterThan(4);
      for (const url of named) {
        const { href } = new URL(url, gateway.url + path);
        expect([href, (await fetch(href)).status]).toEqual([href, 200]);
      }
    }
  });

  it('keep no password or token in the browser', async () => {
    const { text } = await gateway.http.get('/docs/swagger-ui-init.js');
    expect(text).toContain('"persistAuthorization": false');
    expect(text).toContain('"validatorUrl": null');
  });

  it('can be closed', async () => {
    const own = await startTestGateway({ lab: gateway.lab, environment: { DOCS: 'off' } });
    for (const path of [
      '/docs',
      '/docs/',
      '/docs/index.html',
      '/docs/swagger-ui.css',
      '/openapi.json',
      '/docs-yaml',
    ])
      expect([path, (await own.http.get(path)).status]).toEqual([path, 404]);
    expect((await own.http.get('/health/ready')).status).toBe(200);
    await own.close();
  });
});
