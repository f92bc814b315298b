import sharp from 'sharp';
import { startLab, type Lab } from '../index';

describe("the lab's own page", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ units: ['nanovest'] });
  });
  afterAll(() => lab.close());

  const order = async (fault: Record<string, unknown>): Promise<[number, Record<string, unknown>]> => {
    const answer = await fetch(`${lab.urls.inbox}/lab/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });
    return [answer.status, (await answer.json()) as Record<string, unknown>];
  };
  const clear = async (): Promise<number> =>
    (await fetch(`${lab.urls.inbox}/lab/faults`, { method: 'DELETE' })).status;
  const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

  it('lets a person and a program order what a partner does wrong, as often as they say', async () => {
    expect(await order({ partner: 'simas-id', operation: 'certs', status: 503, times: 2 })).toEqual([
      201,
      { pending: 2 },
    ]);
    const certs = `${lab.urls.simasId}/v1/oidc/certs`;
    expect(await statusOf(`${lab.urls.simasId}/v1/oidc/userinfo`)).toBe(401);
    expect([await statusOf(certs), await statusOf(certs), await statusOf(certs)]).toEqual([503, 503, 200]);

    await order({ partner: 'commonKyc', kind: 'reset' });
    await expect(fetch(lab.urls.commonKyc)).rejects.toThrow();
    await order({ partner: 'gtf', operation: 'status', kind: 'not-json' });
    const answer = await fetch(`${lab.urls.gtf}/coe/v1/submissions/some/status`);
    expect(await answer.text()).toContain('<html>');
  });

  it('takes back what was ordered', async () => {
    await order({ partner: 'gtf', operation: 'upload', status: 500, times: 5 });
    expect(lab.gtf.storageFaults.pending).toBe(5);
    await order({ partner: 'smtp', operation: 'RCPT', status: 451 });
    expect(await clear()).toBe(204);
    expect([lab.gtf.storageFaults.pending, lab.smtp.faults.pending]).toEqual([0, 0]);
  });

  it.each([
    [{ partner: 'nobody', status: 500 }, 'partner: one of simas-id, common-kyc'],
    [{ partner: 'gtf' }, 'status (200 to 599) or kind (hang'],
    [{ partner: 'gtf', status: 500, kind: 'hang' }, 'status'],
    [{ partner: 'gtf', kind: 'toString' }, 'status'],
    [{ partner: 'gtf', status: 500, times: 0 }, 'times'],
    [{ partner: 'gtf', status: 500, operation: 'nothing' }, 'operation'],
  ])('says what is wrong with the order %j', async (fault, words) => {
    const [status, { message }] = await order(fault);
    expect(status).toBe(400);
    expect(message).toContain(words);
  });

  it('has a picture of a card and of a face for each result of GTF', async () => {
    const page = await (await fetch(lab.urls.inbox)).text();
    const links = [...page.matchAll(/href="(\/samples\/(\w+)\/(ktp|selfie)\.png)"/g)];
    expect(links).toHaveLength(40);
    for (const [, path = '', scenario = '', kind = ''] of links) {
      const picture = Buffer.from(await (await fetch(lab.urls.inbox + path)).arrayBuffer());
      const { format, width } = await sharp(picture).metadata();
      expect([format, width]).toEqual(['png', kind === 'ktp' ? 640 : 480]);
      expect(picture.includes(`scenario=${scenario};`)).toBe(kind === 'ktp');
    }
    expect(await statusOf(`${lab.urls.inbox}/samples/NONE/ktp.png`)).toBe(404);
    expect(await statusOf(`${lab.urls.inbox}/samples/VALID/passport.png`)).toBe(404);
  });

  it('names its controls in words', async () => {
    const page = await (await fetch(lab.urls.inbox)).text();
    expect(page).toMatch(/<label[^>]*>\s*Partner\s*<select/);
    expect(page).toMatch(/<label[^>]*>\s*Gangguan \/ Fault\s*<select/);
    expect(page).toMatch(/>\s*Contoh KTP \/ Sample KTP\s*<\/a/);
    expect(page).toMatch(/>\s*Swafoto \/ Selfie\s*<\/a/);
  });

  it('and every partner says at its root what it is, and has an icon', async () => {
    for (const url of Object.values<string>({ ...lab.urls }).filter((one) => one.startsWith('http:'))) {
      const root = await fetch(url);
      expect([root.status, root.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(await root.text()).toContain('<h1>');
      expect(await statusOf(`${url}/favicon.ico`)).toBe(200);
    }
  });
});
