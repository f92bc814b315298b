import type { Browser, Page } from 'playwright-core';
import type { TestGateway } from '../../support/test-gateway';
import { openPage, type WatchedPage } from './browser';

/** The console of a gateway, with nobody signed in. */
export async function openConsole(
  browser: Browser,
  gateway: TestGateway,
  width: number,
): Promise<WatchedPage> {
  const opened = await openPage(browser, width, [gateway.url]);
  await opened.page.goto(`${gateway.url}/console`);
  await opened.page.getByLabel('Kata sandi').waitFor();
  return opened;
}

export async function signIn(
  page: Page,
  user = 'nanovest-office',
  password = 'office-password-of-nanovest',
): Promise<void> {
  await page.getByRole('textbox', { name: 'Nama pengguna' }).fill(user);
  await page.getByLabel('Kata sandi').fill(password);
  await page.getByRole('button', { name: 'Masuk' }).click();
}
