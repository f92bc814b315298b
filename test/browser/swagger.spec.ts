import type { Browser, Locator, Page } from 'playwright-core';
import { sampleImage } from '../../lab/gtf';
import { eventually } from '../support/eventually';
import { PHONE } from '../support/gtf-person';
import { startTestGateway, type TestGateway } from '../support/test-gateway';
import {
  describeInBrowser,
  flawsOf,
  openPage,
  startBrowser,
  type WatchedPage,
  WIDTHS,
} from './support/browser';

/** A developer tries the API on its own page, and copies no id. */
describeInBrowser('the six calls of the documentation', () => {
  let gateway: TestGateway;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  let calls: Locator;

  beforeAll(async () => {
    gateway = await startTestGateway();
    browser = await startBrowser();
    watched = await openPage(browser, 1280, [gateway.url]);
    ({ page } = watched);
    await page.goto(`${gateway.url}/docs`);
    calls = page.locator('.opblock-tag-section').first();
  });
  afterAll(async () => {
    await watched?.close();
    await browser?.close();
    await gateway?.close();
  });

  /** Opens the call that begins so, sends it, and gives what the page shows. */
  async function send(words: string, before?: (call: Locator) => Promise<void>): Promise<[string, string]> {
    const call = calls.locator('.opblock', { hasText: words });
    const execute = call.getByRole('button', { name: 'Execute' });
    if (!(await execute.isVisible())) await call.locator('.opblock-summary-control').click();
    await before?.(call);
    await execute.click();
    const live = call.locator('.live-responses-table .response');
    const status = await live.locator('.response-col_status').first().innerText();
    return [status.trim(), await live.locator('.highlight-code').first().innerText()];
  }

  it('are the first thing on the page, and only credentials that people have are asked for', async () => {
    expect(await calls.locator('h3').innerText()).toContain('Onboarding in six calls');
    expect(await calls.locator('.opblock').count()).toBe(6);
    await page.getByRole('button', { name: 'Authorize' }).first().click();
    const schemes = page.locator('.auth-container');
    expect((await schemes.locator('h4').allInnerTexts()).map((text) => text.split(/\s/)[0])).toEqual([
      'user',
      'back-office',
      'otp-webhook',
    ]);
    const person = schemes.filter({ hasText: 'bearer' }).first();
    await person
      .locator('input')
      .fill(gateway.lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: PHONE }));
    await person.getByRole('button', { name: 'Apply credentials' }).click();
    const office = schemes.filter({ hasText: 'BU_<BU>_API_CREDENTIALS' });
    await office.locator('input').nth(0).fill('nanovest-office');
    await office.locator('input').nth(1).fill('office-password-of-nanovest');
    await office.getByRole('button', { name: 'Apply credentials' }).click();
    await page.locator('.modal-ux .close-modal').click();
  });

  it('carry the ids of one answer into the next call, up to a person who is verified, approved and shared', async () => {
    expect((await send('1. Create'))[0]).toBe('201');
    const [uploaded] = await send('2. Upload', async (call) => {
      await call.getByLabel('Request content type').selectOption('image/png');
      const file = { name: 'ktp.png', mimeType: 'image/png', buffer: sampleImage() };
      await call.locator('input[type=file]').setInputFiles(file);
    });
    expect(uploaded).toBe('200');
    expect((await send('3. Confirm'))[0]).toBe('202');
    const seen = await eventually(
      () => send('4. Watch'),
      ([, body]) => /"status": "verified"/.test(body),
    );
    expect(seen[0]).toBe('200');
    // Else it is shared before anybody asks for it.
    gateway.lab.commonKyc.faults.next({ method: 'POST', status: 503, body: {}, times: 100 });
    expect((await send('5. Decide'))[0]).toBe('200');
    expect((await send('6. Share'))[0]).toBe('202');
  }, 90_000);

  it('say what they send, and partners’ routes are not tried', async () => {
    expect(await calls.locator('.opblock', { hasText: '3. Confirm' }).innerText()).toContain(
      'Sends the person’s token.',
    );
    expect(await calls.locator('.opblock', { hasText: '5. Decide' }).innerText()).toContain(
      'Sends the back office’s credential.',
    );
    const callback = page.locator('.opblock', { hasText: '/coe/submissions-callback' }).first();
    await callback.locator('.opblock-summary-control').click();
    await callback.locator('.opblock-body').waitFor();
    expect(await callback.getByRole('button', { name: 'Execute' }).count()).toBe(0);
  });

  it('make no error and ask nobody else', () => {
    expect(watched.faults).toEqual([]);
  });

  it.each(WIDTHS)('stand on a page that everybody can read, at %d pixels', async (width) => {
    const opened = await openPage(browser, width, [gateway.url]);
    await opened.page.goto(`${gateway.url}/docs`);
    await opened.page.locator('.opblock').nth(20).waitFor();
    expect(await flawsOf(opened.page)).toEqual([]);
    expect(opened.faults).toEqual([]);
    await opened.close();
  });
});
