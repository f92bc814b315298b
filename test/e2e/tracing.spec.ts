import { randomBytes } from 'node:crypto';
import { buildWhenStale } from '../../launch/build';
import { eventually } from '../support/eventually';
import { newCode, newPhone, OtpDesk } from '../support/otp-desk';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

type Line = Readonly<Record<string, unknown>>;

let gateway: TestGateway;

beforeAll(async () => {
  await buildWhenStale();
  gateway = await startTestGateway();
}, 180_000);
afterAll(() => gateway?.close());

const newId = (bytes = 16): string => randomBytes(bytes).toString('hex');
const parentOf = (traceId: string): string => `00-${traceId}-${newId(8)}-01`;

/** What the log has of a trace, once a line fits. */
async function linesOf(traceId: string, fits: (line: Line) => boolean): Promise<readonly Line[]> {
  const ask = async (): Promise<readonly Line[]> =>
    (await gateway.log()).filter((line) => line.includes(traceId)).map((line) => JSON.parse(line) as Line);
  return eventually(ask, (lines) => lines.some(fits));
}

function handIn(traceparent: string, phoneNumber = newPhone()) {
  return gateway.http
    .post('/v1/common-kyc')
    .set({ authorization: backOffice('nanovest'), traceparent })
    .send({
      phoneNumber,
      fullName: 'Jane Roe',
      nik: '3171015708900001',
      dateOfBirth: '1990-08-17',
      email: '',
    });
}

describe('who looks for what became of a request', () => {
  it('follows approved data from the request through its jobs to Common KYC, by one id', async () => {
    const traceId = newId();
    const { status, body, headers } = await handIn(parentOf(traceId));
    expect([status, body]).toEqual([202, expect.anything()]);
    const { submissionId } = body as { submissionId: string };
    const isShared = ({ msg, job }: Line): boolean => msg === 'job done' && job === 'common-kyc-share';
    const lines = await linesOf(traceId, isShared);
    const told = (msg: string): unknown[] => lines.filter((line) => line['msg'] === msg);
    const requestId = headers['x-request-id'];
    expect(told('request')).toEqual([expect.objectContaining({ requestId, submissionId })]);
    expect(told('job done')).toEqual([
      expect.objectContaining({ job: 'kyc-approved', submissionId, businessUnit: 'nanovest' }),
      expect.objectContaining({ job: 'common-kyc-share', submissionId }),
    ]);
    expect(told('partner answered')).toEqual([
      expect.objectContaining({ partner: 'common-kyc', job: 'common-kyc-share', submissionId }),
    ]);
    const received = gateway.lab.commonKyc.requests().map((request) => request.headers['traceparent']);
    expect(received).toContainEqual(expect.stringMatching(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`)));
  });

  it('follows a code from SIMAS-ID’s call to the provider', async () => {
    const traceId = newId();
    const code = { identifier: newPhone(), otp: newCode(), channel: 'sms' };
    const answer = await new OtpDesk(gateway).post(code, { traceparent: parentOf(traceId) });
    const { id: deliveryId } = answer.body as { id: string };
    const lines = await linesOf(traceId, ({ msg }) => msg === 'otp attempt');
    expect(lines.find(({ msg }) => msg === 'request')).toMatchObject({ deliveryId, caller: 'partner' });
    expect(lines.find(({ msg }) => msg === 'partner answered')).toMatchObject({ deliveryId });
    const received = gateway.lab.twilio.requests().map((request) => String(request.headers['traceparent']));
    expect(received.filter((header) => header.includes(traceId))).toHaveLength(1);
  });

  it('finds requests that come together apart', async () => {
    const all = Array.from({ length: 12 }, () => ({ traceId: newId(), phone: newPhone() }));
    const made = await Promise.all(all.map(({ traceId, phone }) => handIn(parentOf(traceId), phone)));
    for (const [place, { traceId }] of all.entries()) {
      const lines = await linesOf(
        traceId,
        ({ job, msg }) => msg === 'job done' && job === 'common-kyc-share',
      );
      const { submissionId } = made[place]?.body as { submissionId: string };
      const about = new Set(lines.map((line) => line['submissionId']).filter((id) => id !== undefined));
      expect([...about]).toEqual([submissionId]);
    }
  });
});

describe('a traceparent that is none', () => {
  it.each([
    ['malformed', `00-${newId()}-${newId(8)}`],
    ['a phone number', '6281234567890'],
    ['very long', `00-${'a'.repeat(10_000)}`],
    ['a line break and a header', `00-${newId()}-${newId(8)}-01%0d%0aauthorization: Basic`],
  ])('breaks nothing and reaches nobody: %s', async (_, traceparent) => {
    const before = gateway.lab.commonKyc.requests().length;
    const { status, body } = await handIn(traceparent);
    expect(status).toBe(202);
    const { submissionId } = body as { submissionId: string };
    const shared = (line: string): boolean =>
      line.includes(submissionId) && line.includes('job done') && line.includes('common-kyc-share');
    const lines = await eventually(
      () => gateway.log(),
      (all) => all.some(shared),
    );
    expect(lines.some((line) => line.includes(traceparent.slice(0, 40)))).toBe(false);
    const own = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/;
    for (const { headers } of gateway.lab.commonKyc.requests().slice(before)) {
      expect(headers['traceparent']).toMatch(own);
      expect(headers['traceparent']).not.toContain(traceparent.slice(3, 35));
    }
  });
});
