import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { GtfPerson } from '../support/gtf-person';
import { customer, KTP, openedBy, verified } from '../support/submission-story';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';
import { describeInBrowser, flawsOf, keptIn, startBrowser, WIDTHS } from './support/browser';
import { openConsole, signIn } from './support/console';

/** More than any page has controls. */
const MAX_TABS = 60;

let gateway: TestGateway;
let browser: Browser;

describeInBrowser('an officer reviews submissions in the console', () => {
  beforeAll(async () => {
    gateway = await startTestGateway();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.close();
  });

  it('and approves one by keyboard alone', async () => {
    const { id } = await verified(gateway, customer());
    const { page, faults, close } = await openConsole(browser, gateway, 1280);
    await page.keyboard.type('nanovest-office');
    await page.keyboard.press('Tab');
    await page.keyboard.type('office-password-of-nanovest');
    await page.keyboard.press('Enter');
    await page.getByRole('navigation').waitFor();
    await tabTo(page, 'Pengajuan');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: id.slice(0, 8) }).waitFor();
    await tabTo(page, id.slice(0, 8));
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Setujui' }).waitFor();
    await tabTo(page, 'Setujui');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.keyboard.type('Petugas Uji');
    await tabTo(page, 'Konfirmasi');
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('Disetujui').waitFor();
    const decision = await decisionOf(id);
    expect(decision).toMatchObject({ outcome: 'approved', officer: 'Petugas Uji', overridden: false });
    expect(faults).toEqual([]);
    await close();
  });

  it('and is not left alone with a declined one: an approval wants a reason and overrides', async () => {
    const person = new GtfPerson(gateway, 'nanovest', '6285610573999');
    const id = await person.submit({ scenario: 'FACE_MATCH_FAILED' });
    await person.becomes(id, 'declined');
    const { page, faults, close } = await openSubmission(id);
    await page.getByRole('button', { name: 'Setujui' }).click();
    await page.getByText('menimpa hasilnya').waitFor();
    await page.getByRole('button', { name: 'Konfirmasi' }).click();
    expect(await page.evaluate<boolean>('document.activeElement.validity.valueMissing')).toBe(true);
    await page.getByLabel('Petugas').fill('Petugas Uji');
    await page.getByLabel('Alasan').fill('diperiksa di cabang');
    await page.getByText('Koreksi data').click();
    for (const [label, value] of [
      ['Nama lengkap', KTP.fullName],
      ['NIK', KTP.nik],
      ['Tanggal lahir', KTP.dateOfBirth],
    ])
      await page
        .getByRole('dialog')
        .getByLabel(label ?? '')
        .fill(value ?? '');
    await page.getByRole('button', { name: 'Konfirmasi' }).click();
    await page.getByRole('status').getByText('Disetujui').waitFor();
    const decision = await decisionOf(id);
    expect(decision).toMatchObject({
      officer: 'Petugas Uji',
      reason: 'diperiksa di cabang',
      overridden: true,
    });
    expect(faults).toEqual([]);
    await close();
  });

  it('and rejects one with a reason', async () => {
    const { id } = await verified(gateway, customer());
    const { page, close } = await openSubmission(id);
    await page.getByRole('button', { name: 'Tolak' }).click();
    await page.getByLabel('Alasan').fill('foto buram');
    await page.getByRole('button', { name: 'Konfirmasi' }).click();
    await page.getByRole('status').getByText('Ditolak').waitFor();
    expect(await decisionOf(id)).toMatchObject({ outcome: 'rejected', reason: 'foto buram' });
    await close();
  });

  it('and does not decide on what has changed meanwhile', async () => {
    const { id } = await verified(gateway, customer());
    const { page, close } = await openSubmission(id);
    await page.getByRole('button', { name: 'Setujui' }).click();
    await gateway.http
      .post(`/v1/submissions/${id}/reject`)
      .set('Authorization', backOffice('nanovest'))
      .send({ reason: 'decided elsewhere' });
    await page.getByRole('button', { name: 'Konfirmasi' }).click();
    await page.getByRole('alert').waitFor();
    expect(await decisionOf(id)).toMatchObject({ outcome: 'rejected' });
    await close();
  });

  it('reads an identity only with a purpose, which the timeline then shows', async () => {
    const { id } = await verified(gateway, customer());
    const { page, close } = await openSubmission(id);
    await page.getByRole('button', { name: 'Baca identitas' }).click();
    expect(await page.getByText(KTP.fullName ?? '').count()).toBe(0);
    await page.getByLabel('Tujuan').fill('manual-review');
    await page.getByRole('button', { name: 'Baca identitas' }).click();
    await page
      .getByText(KTP.fullName ?? '', { exact: true })
      .first()
      .waitFor();
    await page.getByText('purpose: manual-review').waitFor();
    await page.getByRole('button', { name: 'Sembunyikan' }).click();
    await page.getByRole('button', { name: 'Baca identitas' }).waitFor();
    expect(await page.getByText(KTP.nik ?? '', { exact: true }).count()).toBe(0);
    expect(await keptIn(page)).toEqual([]);
    await close();
  });

  it.each(WIDTHS)('finds every page whole at %d pixels', async (width) => {
    const who = customer();
    const { id, personId } = await verified(gateway, who);
    const { page, faults, close } = await openConsole(browser, gateway, width);
    await signIn(page);
    for (const [place, heading] of [
      ['overview', 'Ringkasan'],
      ['submissions', 'Antrean peninjauan'],
      [`submissions/${id}`, who.phoneNumber],
      ['codes', 'Pengiriman kode'],
      ['shares', 'Pembagian ke Common KYC'],
      ['events', 'Peristiwa untuk unit bisnis'],
      ['ledger', 'Buku besar'],
      ['people', 'Orang'],
      [`people/${personId}`, 'Orang'],
    ] as const) {
      await goTo(page, place);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await page.waitForLoadState('networkidle');
      expect([place, await flawsOf(page)]).toEqual([place, []]);
    }
    expect(faults).toEqual([]);
    await close();
  });

  it('looks for a person, copies and erases', async () => {
    const who = customer();
    await verified(gateway, who);
    const { page, faults, close } = await openConsole(browser, gateway, 360);
    await signIn(page);
    await page.getByRole('link', { name: 'Orang' }).click();
    await page.getByRole('textbox', { name: 'Nomor telepon' }).fill(who.phoneNumber);
    await page.getByRole('button', { name: 'Cari' }).click();
    await page.getByRole('row').nth(1).getByRole('link').click();
    await page.getByLabel('Tujuan').fill('customer-request');
    await page.getByRole('button', { name: 'Baca salinan' }).click();
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Unduh JSON' }).click();
    expect((await downloading).suggestedFilename()).toMatch(/^person-.*\.json$/);
    await page.getByRole('button', { name: 'Hapus data' }).click();
    await page.getByRole('button', { name: 'Konfirmasi' }).click();
    await page.getByRole('status').getByText('Data dihapus').waitFor();
    expect(new URL(page.url()).href).not.toContain(who.phoneNumber);
    expect(faults).toEqual([]);
    await close();
  });

  it('attests for SATUSEHAT, of which no partner has a word', async () => {
    const { id } = await openedBy(gateway, customer(), 'satusehat');
    const { page, faults, close } = await openSubmission(id);
    await page.getByRole('button', { name: 'Setujui' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Nama lengkap').fill(KTP.fullName ?? '');
    await dialog.getByLabel('NIK').fill(KTP.nik ?? '');
    await dialog.getByLabel('Tanggal lahir').fill(KTP.dateOfBirth ?? '');
    await dialog.getByLabel('Nomor telepon').fill(customer().phoneNumber);
    await dialog.getByRole('button', { name: 'Konfirmasi' }).click();
    await page.getByRole('status').getByText('Disetujui').waitFor();
    expect(await decisionOf(id)).toMatchObject({ outcome: 'approved', overridden: false });
    expect(faults).toEqual([]);
    await close();
  });

  it('sends an event to the unit’s own system again', async () => {
    await verified(gateway, customer());
    const { page, faults, close } = await openConsole(browser, gateway, 1280);
    await signIn(page);
    await page.getByRole('link', { name: 'Peristiwa' }).click();
    await page.getByRole('button', { name: 'Kirim lagi' }).first().click();
    await page.getByRole('status').getByText('Dikirim lagi').waitFor();
    await page.getByRole('textbox', { name: 'Ulangi sejak peristiwa' }).fill('0');
    await page.getByRole('button', { name: 'Ulangi' }).click();
    await page.getByRole('status').getByText('Pengulangan dimulai').waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  it('is signed out after a quarter of an hour without a key or a click', async () => {
    const { page, close } = await openConsole(browser, gateway, 1280);
    await page.clock.install();
    await signIn(page);
    await page.getByRole('navigation').waitFor();
    await page.clock.runFor(14 * 60_000);
    await page.getByRole('navigation').waitFor();
    await page.clock.runFor(2 * 60_000);
    await page.getByRole('status').getByText('Sesi berakhir').waitFor();
    await close();
  });

  it('is told when there is no such submission', async () => {
    const { page, close } = await openConsole(browser, gateway, 1280);
    await signIn(page);
    await goTo(page, `submissions/${randomUUID()}`);
    await page.getByRole('alert').getByText('Tidak ditemukan').waitFor();
    await close();
  });
});

async function openSubmission(id: string): ReturnType<typeof openConsole> {
  const opened = await openConsole(browser, gateway, 1280);
  await signIn(opened.page);
  await goTo(opened.page, `submissions/${id}`);
  await opened.page.getByRole('button', { name: 'Setujui' }).waitFor();
  return opened;
}

/** As by a link: the page stays, and with it who is signed in. */
async function goTo(page: Page, place: string): Promise<void> {
  await page.getByRole('navigation').waitFor();
  await page.evaluate(`location.hash = '#/${place}'`);
}

/** Presses Tab until the control with that name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let pressed = 0; pressed < MAX_TABS; pressed += 1) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate<string>('document.activeElement.textContent')).trim() === name) return;
  }
  throw new Error(`no way to “${name}” by Tab`);
}

async function decisionOf(id: string): Promise<unknown> {
  const { body } = await gateway.http
    .get(`/v1/submissions/${id}`)
    .set('Authorization', backOffice('nanovest'));
  return (body as { decision: unknown }).decision;
}
