import { PartnerServer } from './partner-server';

describe('a partner having a bad day', () => {
  const partner = new PartnerServer();
  const work: string[] = [];
  let url = '';

  beforeAll(async () => {
    partner.app.post<{ Body: { word: string } }>('/work', ({ body }) => {
      work.push(body.word);
      return { done: body.word };
    });
    url = await partner.listen('127.0.0.1', 0);
  });
  afterAll(() => partner.close());
  beforeEach(() => {
    partner.faults.clear();
    work.length = 0;
  });

  const ask = (signal?: AbortSignal): Promise<Response> =>
    fetch(`${url}/work`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"word":"kyc"}',
      signal: signal ?? null,
    });

  it('answers with the fault as often as asked, then properly again', async () => {
    partner.faults.next({ status: 503, headers: { 'retry-after': '7' }, body: { error: 'busy' }, times: 2 });
    const [first, second, third] = [await ask(), await ask(), await ask()];
    expect([first.status, second.status, third.status]).toEqual([503, 503, 200]);
    expect(first.headers.get('retry-after')).toBe('7');
    expect(await first.json()).toEqual({ error: 'busy' });
    expect(work).toEqual(['kyc']);
    expect(partner.faults.pending).toBe(0);
  });

  it('spares requests to another path or with another method', async () => {
    partner.faults.next({ path: '/other', status: 500 });
    partner.faults.next({ method: 'GET', status: 500 });
    expect((await ask()).status).toBe(200);
    expect(partner.faults.pending).toBe(2);
  });

  it('cuts the line before doing anything', async () => {
    partner.faults.next({ reset: true });
    await expect(ask()).rejects.toThrow();
    expect(work).toEqual([]);
  });

  it('does the work and then cuts the line, so that the caller cannot know', async () => {
    partner.faults.next({ reset: true, afterWork: true });
    await expect(ask()).rejects.toThrow();
    expect(work).toEqual(['kyc']);
  });

  it('says nothing at all until the caller gives up', async () => {
    partner.faults.next({ hang: true });
    await expect(ask(AbortSignal.timeout(100))).rejects.toThrow(/timeout/);
  });

  it('answers late but properly when only a delay is asked for', async () => {
    partner.faults.next({ delayMs: 30 });
    const started = performance.now();
    expect(await (await ask()).json()).toEqual({ done: 'kyc' });
    expect(performance.now() - started).toBeGreaterThanOrEqual(28);
  });

  it('replaces a proper answer by a page of HTML', async () => {
    partner.faults.next({ status: 200, body: '<html>gateway</html>', afterWork: true });
    const answer = await ask();
    expect(await answer.text()).toBe('<html>gateway</html>');
    expect(work).toEqual(['kyc']);
  });

  it('remembers what was asked of it', () => {
    expect(partner.requests('/work').at(-1)).toMatchObject({ method: 'POST', url: '/work' });
    expect(partner.requests('/nowhere')).toEqual([]);
  });
});
