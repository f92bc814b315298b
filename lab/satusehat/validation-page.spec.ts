import { startSatusehatLab, type SatusehatLab } from './index';
import { CHALLENGE, Facility, send } from './satusehat-client.fixture';

let lab: SatusehatLab;
let clock: number;
let url: string;

const submit = (fields: Record<string, string>): ReturnType<typeof send> =>
  send(url, { method: 'POST', body: new URLSearchParams(fields) });

async function challengeCode(unit: string): Promise<string> {
  await new Facility(lab, unit).post('/kyc/v1/challenge-code', JSON.stringify(CHALLENGE), {
    'content-type': 'application/json',
  });
  return lab.challenges().at(-1)?.code ?? '';
}

beforeEach(async () => {
  clock = Date.parse('2026-11-02T03:26:13Z');
  lab = await startSatusehatLab({
    host: '127.0.0.1',
    port: 0,
    units: ['nanovest', 'siminvest'],
    now: () => new Date(clock),
  });
  ({ url } = await new Facility(lab, 'nanovest').validationUrl());
});
afterEach(() => lab.close());

describe("the officer's validation page", () => {
  it("asks for the patient's access code and then shows the masked person with three boxes", async () => {
    const opened = await send(url, {});
    expect(opened.headers.get('content-type')).toContain('text/html');
    expect(opened.text).toContain('name="access_code"');
    const shown = await submit({ access_code: await challengeCode('nanovest') });
    expect(shown.text).toContain('B**i S*****o');
    expect(shown.text).toContain('9**************2');
    expect(shown.text.match(/type="checkbox"/g)).toHaveLength(3);
    expect(shown.text).not.toContain('9271060312000002');
  });

  it('validates the patient when the officer ticks all three boxes', async () => {
    await submit({ access_code: await challengeCode('nanovest') });
    await submit({ name: 'on', nik: 'on', face: 'on' });
    expect(lab.sessions()[0]).toMatchObject({ status: 'validated', patientNik: '9271060312000002' });
  });

  it('does not validate when the face does not match', async () => {
    await submit({ access_code: await challengeCode('nanovest') });
    await submit({ name: 'on', nik: 'on' });
    expect(lab.sessions()[0]?.status).toBe('rejected');
  });

  it('takes no code that is wrong, too old or asked for by another unit', async () => {
    const foreign = await challengeCode('siminvest');
    const old = await challengeCode('nanovest');
    clock += 5 * 60_000;
    for (const code of ['', 'abcdef', foreign, old]) {
      expect((await submit({ access_code: code })).text).toContain('wrong or has expired');
    }
    expect(lab.sessions()[0]?.status).toBe('open');
  });

  it('knows only links that were given out', async () => {
    expect((await send(`${lab.url}/kyc/v1/validation-web/unknown`, {})).status).toBe(404);
    expect((await send(`${lab.url}/kyc/v1/validation-web/unknown`, { method: 'POST' })).status).toBe(404);
  });
});
