import type { Browser, Page } from 'playwright-core';
import { Client } from 'pg';
import { addSubmissions } from '../support/many-submissions';
import { customer, openedBy } from '../support/submission-story';
import { startTestGateway, type TestGateway } from '../support/test-gateway';
import { describeInBrowser, startBrowser } from './support/browser';
import { openConsole, signIn } from './support/console';

const SUBMISSIONS = 10_000;
const FIRST_PAGE_MS = 1_000;
/** The best of so many counts: the machine does other things meanwhile. */
const TRIES = 3;

let gateway: TestGateway;
let browser: Browser;

describeInBrowser('a console of ten thousand submissions that stands open', () => {
  beforeAll(async () => {
    // Nobody is told of events that are there to fill the tables.
    const environment = { BU_NANOVEST_EVENTS_TYPES: 'ledger.checkpoint' };
    gateway = await startTestGateway({ environment });
    browser = await startBrowser();
    for (let index = 0; index < 3; index += 1) await openedBy(gateway, customer());
    const sql = new Client(gateway.database.url);
    await sql.connect();
    await addSubmissions(sql, 'nanovest', SUBMISSIONS);
    await sql.end();
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.close();
  });

  it('shows the first page within a second', async () => {
    const { page, faults, close } = await openConsole(browser, gateway, 1280);
    const took: number[] = [];
    while (took.length < TRIES) {
      await page.reload(); // with it everything is forgotten
      await signIn(page);
      await page.getByRole('navigation').waitFor();
      const startedAt = performance.now();
      await page.getByRole('link', { name: 'Pengajuan' }).click();
      await page.getByRole('row').nth(20).waitFor();
      took.push(Math.round(performance.now() - startedAt));
    }
    console.log(`first page of ${SUBMISSIONS} submissions: ${took.join(', ')} ms`);
    expect(Math.min(...took)).toBeLessThan(FIRST_PAGE_MS);
    expect(faults).toEqual([]);
    await close();
  });

  it('asks for nothing more often than every five seconds', async () => {
    const { page, close } = await openConsole(browser, gateway, 1280);
    await page.clock.install();
    await signIn(page);
    for (const place of ['Ringkasan', 'Pengajuan', 'Pengiriman kode', 'Pembagian', 'Peristiwa'])
      expect([place, await askedInAMinute(page, place)]).toEqual([place, []]);
    await close();
  });
});

/** What was asked more than once and then every five seconds. */
async function askedInAMinute(page: Page, place: string): Promise<(readonly [string, number])[]> {
  const asked = new Map<string, number>();
  page.on('request', (request) => {
    const path = new URL(request.url()).pathname;
    asked.set(path, (asked.get(path) ?? 0) + 1);
  });
  await page.getByRole('link', { name: place, exact: true }).click();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.clock.runFor(60_000);
  page.removeAllListeners('request');
  return [...asked].filter(([, times]) => times > 13);
}
