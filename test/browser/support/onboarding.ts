import type { Browser, Page } from 'playwright-core';
import { isScenario, samplePicture } from '../../../lab/gtf';
import type { TestGateway } from '../../support/test-gateway';
import { openPage, type WatchedPage } from './browser';

/** The example's page at the lab, with nobody signed in. */
export async function openOnboarding(
  browser: Browser,
  { url, lab }: TestGateway,
  width: number,
): Promise<WatchedPage> {
  const opened = await openPage(browser, width, [url, lab.urls.onboarding, lab.urls.simasId]);
  await opened.page.goto(lab.urls.onboarding);
  await opened.page.getByRole('button', { name: 'Masuk' }).waitFor();
  return opened;
}

/** From the page to SIMAS-ID and back. */
export async function signInAtSimasId(page: Page, phoneNumber: string): Promise<void> {
  await page.getByRole('button', { name: /^(Masuk|Sign in)$/ }).click();
  await page.getByRole('textbox', { name: 'Nomor telepon / Phone number' }).fill(phoneNumber);
  await page.getByRole('button', { name: 'Masuk / Sign in' }).click();
}

/** As the lab's page offers them. */
export async function pickPictures(page: Page, scenario: string): Promise<void> {
  await pick(page, /KTP/, 'ktp', scenario);
  await pick(page, /Swafoto|Selfie/, 'selfie', scenario);
}

export async function pick(
  page: Page,
  label: RegExp,
  kind: 'ktp' | 'selfie',
  scenario: string,
): Promise<void> {
  if (!isScenario(scenario)) throw new Error(`no scenario ${scenario}`);
  const file = { name: `${kind}.png`, mimeType: 'image/png', buffer: samplePicture(kind, scenario) };
  await page.getByLabel(label).setInputFiles(file);
}
