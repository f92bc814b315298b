import { customer, openedBy, verified } from '../support/submission-story';
import { backOffice, otpSender, startTestGateway, type TestGateway } from '../support/test-gateway';

/** What the back office's overview is drawn from. */
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(async () => {
  await gateway?.close();
});

interface Count {
  readonly status: string;
  readonly count: number;
}

async function read<T>(path: string, unit = 'nanovest'): Promise<T> {
  const answer = await gateway.http.get(path).set('Authorization', backOffice(unit));
  expect([path, answer.status, answer.headers['cache-control']]).toEqual([path, 200, 'no-store']);
  return answer.body as T;
}

function countOf(counts: readonly Count[], status: string): number | undefined {
  return counts.find((it) => it.status === status)?.count;
}

describe('a business unit counts', () => {
  it('its submissions by status, and how long their results took; nobody else’s', async () => {
    await verified(gateway, customer());
    await openedBy(gateway, customer());
    await openedBy(gateway, customer('siminvest'));
    const summary = await read<{
      byStatus: Count[];
      timeToResult: { within: number | null; count: number }[];
    }>('/v1/submissions/summary');
    expect(countOf(summary.byStatus, 'verified')).toBe(1);
    expect(countOf(summary.byStatus, 'open')).toBe(1);
    expect(countOf(summary.byStatus, 'shared')).toBe(0);
    expect(summary.timeToResult.map(({ count }) => count)).toEqual([1, 0, 0, 0, 0, 0, 0]);
    expect(summary.timeToResult.at(-1)?.within).toBeNull();
  });

  it('its codes by what became of them', async () => {
    const sent = await gateway.http
      .post('/v1/webhooks/otp')
      .set('Authorization', otpSender('nanovest'))
      .send({ identifier: '085612345678', channel: 'sms', otp: '123456' });
    const { byStatus } = await read<{ byStatus: Count[] }>('/v1/otp-deliveries/summary');
    const others = await read<{ byStatus: Count[] }>('/v1/otp-deliveries/summary', 'siminvest');
    const sum = (counts: readonly Count[]): number => counts.reduce((total, { count }) => total + count, 0);
    expect([sent.text, sum(byStatus), sum(others.byStatus)]).toEqual([sent.text, 1, 0]);
  });

  it('what happened, up to where it is signed', async () => {
    const { seq, hash, checkpoint } = await read<{ seq: number; hash: string; checkpoint: object | null }>(
      '/v1/ledger',
    );
    expect(seq).toBeGreaterThanOrEqual(3);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    if (checkpoint !== null) expect(Object.keys(checkpoint)).toContain('signature');
    expect((await read<{ seq: number }>('/v1/ledger', 'siminvest')).seq).toBe(1);
  });
});
