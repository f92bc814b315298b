import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Debian's. */
const CHROMIUM = '/usr/bin/chromium';
const isInstalled = existsSync(CHROMIUM);
if (!isInstalled) console.warn(`${CHROMIUM} is not installed: the tests in a browser are skipped`);

/** A `describe` that is skipped where no browser is installed. */
export const describeInBrowser = isInstalled ? describe : describe.skip;

/** A telephone and a desk. */
export const WIDTHS = [360, 1280] as const;

export async function startBrowser(): Promise<Browser> {
  // Its sandbox refuses to run as root, as which CI runs.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: CHROMIUM, args });
}

/** A page and what should not have happened in it so far: errors, and requests to addresses that are none of ours. */
export interface WatchedPage {
  readonly page: Page;
  readonly faults: readonly string[];
  close(): Promise<void>;
}

/** An empty page with nothing remembered. @param origins whom it may ask */
export async function openPage(
  browser: Browser,
  width: number,
  origins: readonly string[],
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      faults.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:' && protocol !== 'blob:' && !origins.includes(origin))
      faults.push(`foreign request: ${origin}`);
  });
  return { page, faults, close: () => context.close() };
}

/** What a page has that shuts somebody out, or that leads past its edge. */
export async function flawsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>(`'axe' in window`))) await page.evaluate(axe.source);
  // What passes is most of it, and takes most of the time to be written down.
  const { violations } = await page.evaluate<{ violations: axe.Result[] }>(
    `axe.run({ resultTypes: ['violations'] }).then(({ violations }) => ({ violations }))`,
  );
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  const sideways = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  return sideways > 0 ? [...serious, `scrolls sideways by ${sideways} pixels`] : serious;
}

/** Everything that the browser would still have tomorrow. */
export async function keptIn(page: Page): Promise<string[]> {
  const kept = await page.evaluate<string[]>(
    '[...Object.entries(localStorage), ...Object.entries(sessionStorage)].map(String)',
  );
  const cookies = await page.context().cookies();
  return [...kept, ...cookies.map(({ name }) => name)];
}
