import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { labCredentials } from '../../lab';
import { buildPagesWhenStale } from '../../launch/build';
import { customer, KTP } from '../support/submission-story';
import { basic, startTestGateway, type TestGateway } from '../support/test-gateway';
import { describeInBrowser, flawsOf, keptIn, openPage, startBrowser, WIDTHS } from './support/browser';
import { openOnboarding, pick, pickPictures, signInAtSimasId } from './support/onboarding';

/** So long a person who only clicks may need from signing in to the result. */
const PATIENCE_MS = 60_000;

let gateway: TestGateway;
let browser: Browser;

describeInBrowser('a person at the onboarding example', () => {
  beforeAll(async () => {
    await buildPagesWhenStale();
    gateway = await startTestGateway();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.close();
  });
  afterEach(() => clearFaults());

  it.each(WIDTHS)('signs in and is verified, and %d pixels are wide enough', async (width) => {
    const { page, faults, close } = await openOnboarding(browser, gateway, width);
    const startedAt = performance.now();
    expect(await flawsOf(page)).toEqual([]);
    await signInAtSimasId(page, customer().phoneNumber);
    await page.getByRole('checkbox', { name: /^Saya setuju/ }).check();
    await pickPictures(page, 'VALID');
    await page.getByRole('img').nth(1).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Kirim' }).click();
    await page.getByRole('status').getByText('Terverifikasi').waitFor();
    expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
    expect(await flawsOf(page)).toEqual([]);
    expect(page.url()).toBe(`${gateway.lab.urls.onboarding}/`);
    await page.getByRole('button', { name: 'Keluar' }).click();
    await page.getByRole('button', { name: 'Masuk' }).waitFor();
    await page.waitForLoadState('networkidle');
    expect(await keptIn(page)).toEqual(['language,id']);
    expect(faults).toEqual([]);
    await close();
  });

  it('goes on after a reload in the middle, and what arrived is not asked for again', async () => {
    const { page, close } = await atForm();
    await fillIn(page, 'VALID');
    await page.route('**/documents/SELFIE', (route) => route.abort());
    await page.getByRole('button', { name: 'Kirim' }).click();
    await page.getByRole('alert').getByText('Tidak ada koneksi').waitFor();
    await page.unroute('**/documents/SELFIE');
    await page.reload();
    await page.getByText('Sudah kami terima').waitFor();
    expect(await page.getByRole('checkbox').isChecked()).toBe(true);
    await pick(page, /Swafoto/, 'selfie', 'VALID');
    await page.getByRole('button', { name: 'Kirim' }).click();
    await page.getByRole('status').getByText('Terverifikasi').waitFor();
    await close();
  });

  it('signs in again when the session is over, and finds the result', async () => {
    const { phoneNumber } = customer();
    const { page, close } = await atForm(phoneNumber);
    await fillIn(page, 'NEVER_FINISHES');
    await page.getByRole('button', { name: 'Kirim' }).click();
    await page.getByRole('status').getByText('Sedang diperiksa').waitFor();
    const access = gateway.lab.simasId.mintToken({ unit: 'nanovest', phoneNumber, lifetimeSeconds: -60 });
    await page.evaluate(`sessionStorage.setItem('tokens', '${JSON.stringify({ access, expiresAt: 0 })}')`);
    await page.reload();
    await page.getByRole('alert').getByText('Sesi Anda berakhir').waitFor();
    await signInAtSimasId(page, phoneNumber);
    await page.getByRole('status').getByText('Sedang diperiksa').waitFor();
    await close();
  });

  it('keeps the session while SIMAS-ID renews it', async () => {
    const { page, faults, close } = await atForm();
    const tokens = await page.evaluate<string>(`sessionStorage.getItem('tokens')`);
    await page.evaluate(
      `sessionStorage.setItem('tokens', JSON.stringify({ ...${tokens}, access: 'ended', expiresAt: 0 }))`,
    );
    await page.reload();
    await page.getByRole('checkbox').waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  it('switches to English and keeps what was chosen', async () => {
    const { page, faults, close } = await atForm();
    await fillIn(page, 'VALID');
    await page.getByRole('button', { name: 'English' }).click();
    await page.locator('html[lang=en]').waitFor({ state: 'attached' });
    expect(await page.getByRole('checkbox', { name: /^I agree/ }).isChecked()).toBe(true);
    await page.getByLabel('Selfie').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('status').getByText('Verified').waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  it('is told about a file that cannot be used before anything is sent', async () => {
    const { page, faults, close } = await atForm();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.method()));
    const say = async (name: string, mimeType: string, buffer: Buffer, words: string): Promise<void> => {
      await page.getByLabel(/KTP/).setInputFiles({ name, mimeType, buffer });
      await page.getByText(words).waitFor();
    };
    await say('ktp.pdf', 'application/pdf', Buffer.from('%PDF'), 'bukan foto JPEG atau PNG');
    // From a disk, as a large one goes quickest to the browser.
    const large = join(mkdtempSync(join(tmpdir(), 'kyc-picture-')), 'ktp.jpg');
    writeFileSync(large, Buffer.alloc(8 * 1024 * 1024 + 1));
    await page.getByLabel(/KTP/).setInputFiles(large);
    await page.getByText('lebih dari 8 MB').waitFor();
    rmSync(dirname(large), { recursive: true });
    await say('ktp.png', 'image/png', Buffer.from('no picture'), 'tidak dapat dibuka');
    await say('ktp.jpg', 'image/jpeg', await photograph(200, 400), 'terlalu kecil');
    await page.getByRole('button', { name: 'Kirim' }).click();
    await page.getByText('Tanpa persetujuan Anda').waitFor();
    await page.locator('[type=checkbox]:focus').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    expect([asked.filter((method) => method !== 'GET'), faults]).toEqual([[], []]);
    await close();
  });

  it('sees a photograph upright, as the telephone’s EXIF says', async () => {
    const { page, close } = await atForm();
    const buffer = await sharp(await photograph(640, 400))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    await page.getByLabel(/KTP/).setInputFiles({ name: 'ktp.jpg', mimeType: 'image/jpeg', buffer });
    const { width = 0, height = 0 } = (await page.getByRole('img').boundingBox()) ?? {};
    expect(height / width).toBeCloseTo(640 / 400, 1);
    await close();
  });

  it('may cancel, is told when a partner is away, and sends again', async () => {
    const { page, close } = await atForm();
    await fillIn(page, 'VALID');
    await order({ partner: 'gtf', operation: 'upload', kind: 'hang' });
    await page.getByRole('button', { name: 'Kirim' }).click();
    await page.getByRole('progressbar').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Batal' }).click();
    await page.getByRole('alert').getByText('dibatalkan').waitFor();
    await clearFaults(); // it may have been cancelled before it met the one that was ordered
    await order({ partner: 'gtf', operation: 'confirm', status: 503, times: 5 });
    await page.getByRole('button', { name: 'Kirim' }).click();
    await page.getByRole('alert').getByText('Layanan sedang sibuk').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await clearFaults();
    await page.getByRole('button', { name: 'Kirim' }).click();
    await page.getByRole('status').getByText('Terverifikasi').waitFor();
    await close();
  });

  it('learns why they were declined, and may try again', async () => {
    const { page, faults, close } = await atForm();
    await fillIn(page, 'FACE_MATCH_FAILED');
    await page.getByRole('button', { name: 'Kirim' }).click();
    await page.getByRole('status').getByText('Tidak terverifikasi').waitFor();
    await page.getByRole('status').getByText('Wajah tidak cocok').waitFor();
    await page.getByRole('button', { name: 'Mulai lagi' }).click();
    await fillIn(page, 'VALID');
    await page.getByRole('button', { name: 'Kirim' }).click();
    await page.getByRole('status').getByText('Terverifikasi', { exact: true }).waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  it('has the form filled in with what another unit of the group shared', async () => {
    const { phoneNumber } = customer();
    const { clientId, clientSecret } = labCredentials('siminvest').commonKyc;
    await fetch(`${gateway.lab.urls.commonKyc}/v1/common-kyc`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: basic(clientId, clientSecret) },
      body: JSON.stringify({
        ...{ client_id: clientId, phone_number: phoneNumber, full_name: KTP.fullName, nik: KTP.nik },
        ...{ date_of_birth: KTP.dateOfBirth, email: 'budi@doe.example' },
      }),
    });
    const { page, faults, close } = await atForm(phoneNumber);
    await page.getByRole('button', { name: 'Isi dengan data saya' }).click();
    await page.getByRole('status').getByText('Sudah diisi').waitFor();
    expect(await page.getByLabel('Nama lengkap').inputValue()).toBe(KTP.fullName);
    expect(await page.getByLabel('Tanggal lahir').inputValue()).toBe(KTP.dateOfBirth);
    expect((await keptIn(page)).join()).not.toContain(KTP.nik);
    expect(faults).toEqual([]);
    await close();
  });

  it.each(WIDTHS)('finds the pages of the lab whole at %d pixels', async (width) => {
    const { inbox, simasId, unitBackEnd, gtf } = gateway.lab.urls;
    const { page, faults, close } = await openPage(browser, width, [inbox, simasId, unitBackEnd, gtf]);
    for (const url of [inbox, simasId, unitBackEnd, gtf]) {
      await page.goto(url);
      expect([url, await flawsOf(page)]).toEqual([url, []]);
    }
    expect(faults).toEqual([]);
    await close();
  });
});

/** A person who has signed in, with a telephone. */
async function atForm(phoneNumber = customer().phoneNumber): ReturnType<typeof openOnboarding> {
  const opened = await openOnboarding(browser, gateway, 360);
  await signInAtSimasId(opened.page, phoneNumber);
  await opened.page.getByRole('checkbox').waitFor();
  return opened;
}

async function fillIn(page: Page, scenario: string): Promise<void> {
  await page.getByRole('checkbox').check();
  await pickPictures(page, scenario);
}

function photograph(width: number, height: number): Promise<Buffer> {
  const create = { width, height, channels: 3 as const, background: '#888' };
  return sharp({ create }).jpeg().toBuffer();
}

/** As from the lab's page. */
async function order(fault: Readonly<Record<string, unknown>>): Promise<void> {
  const answer = await fetch(`${gateway.lab.urls.inbox}/lab/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  expect(answer.status).toBe(201);
}

async function clearFaults(): Promise<void> {
  await fetch(`${gateway.lab.urls.inbox}/lab/faults`, { method: 'DELETE' });
}
