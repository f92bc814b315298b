import type { Browser, Page } from 'playwright-core';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';
import { customer, verified } from '../support/submission-story';
import { describeInBrowser, flawsOf, keptIn, startBrowser, WIDTHS } from './support/browser';
import { openConsole, signIn } from './support/console';

let gateway: TestGateway;
let browser: Browser;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(async () => {
  await gateway?.close();
});

describe('the page of the back office, as it is served', () => {
  it('allows no script but ours, styles by a nonce of its own alone, and no frame around it', async () => {
    const policies = await Promise.all([policy('/console'), policy('/console/'), policy('/console?lang=en')]);
    expect(new Set(policies).size).toBe(3);
    for (const text of policies) {
      expect(text).toContain("default-src 'none'");
      expect(text).toMatch(/script-src 'self';/);
      expect(text).toMatch(/style-src 'self' 'nonce-[A-Za-z0-9+/=]{24}';/);
      expect(text).toContain("frame-ancestors 'none'");
      expect(text).not.toMatch(/unsafe|\*|http/);
    }
  });

  it('is asked for again each time, and its parts never again', async () => {
    for (const path of ['/console', '/console/']) {
      const { text, headers } = await gateway.http.get(path);
      expect(headers['cache-control']).toBe('no-cache');
      expect(text).not.toMatch(/<style|style=|<script(?! type="module" crossorigin src)|\son\w+=/);
      const named = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url);
      expect(named.length).toBeGreaterThan(2);
      for (const url of named) {
        const part = await fetch(new URL(url, gateway.url + path));
        expect([url, part.status]).toEqual([url, 200]);
        expect(part.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      }
    }
  });

  it('takes nothing but reading, and shows no other file', async () => {
    expect((await gateway.http.post('/console')).status).toBe(405);
    for (const path of [
      '/console/assets/',
      '/console/assets/../index.html',
      '/console/assets/%2e%2e/index.html',
    ])
      expect([path, (await fetch(gateway.url + path)).status]).toEqual([path, 404]);
  });

  async function policy(path: string): Promise<string> {
    return (await gateway.http.get(path)).headers['content-security-policy'] as string;
  }
});

describeInBrowser('an officer signs in to the console', () => {
  beforeAll(async () => {
    browser = await startBrowser();
    await verified(gateway, customer());
  });
  afterAll(async () => {
    await browser?.close();
  });

  it('and is told when the password is wrong', async () => {
    const { page, close } = await openConsole(browser, gateway, 1280);
    await signIn(page, 'nanovest-office', 'wrong');
    await page.getByRole('alert').getByText('tidak diterima').waitFor();
    await page.getByText('English').click();
    await page.getByRole('alert').getByText('not accepted').waitFor();
    expect(await keptIn(page)).toEqual([]);
    await close();
  });

  it.each(WIDTHS)('sees the unit’s submissions, and %d pixels are wide enough', async (width) => {
    const { page, faults, close } = await openConsole(browser, gateway, width);
    expect(await flawsOf(page)).toEqual([]);
    await signIn(page);
    await page.getByRole('link', { name: 'Pengajuan' }).click();
    await expectRow(page, 'Terverifikasi');
    expect(await flawsOf(page)).toEqual([]);
    await page.getByText('English').click();
    await expectRow(page, 'Verified');
    expect(await flawsOf(page)).toEqual([]);
    expect(faults).toEqual([]);
    await close();
  });

  it('and is a stranger again after a reload, with nothing kept in the browser', async () => {
    const { page, close } = await openConsole(browser, gateway, 1280);
    await signIn(page);
    await page.getByRole('navigation').waitFor();
    await page.reload();
    await page.getByLabel('Kata sandi').waitFor();
    expect(await keptIn(page)).toEqual([]);
    const { text } = await gateway.http.get('/v1/submissions').set('Authorization', backOffice('nanovest'));
    expect(text).toContain('verified');
    await close();
  });

  async function expectRow(page: Page, status: string): Promise<void> {
    const row = page.getByRole('row', { name: new RegExp(`62856.*${status}`, 's') });
    await row.getByRole('link').waitFor();
  }
});
