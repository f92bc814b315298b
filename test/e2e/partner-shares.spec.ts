import { randomUUID } from 'node:crypto';
import { until } from '../support/eventually';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

const FLOW = { flow: 'KTP_SCAN', source: 'SDK' };
/** GTF's own address of what opens a flow. */
const GTF_PATH = '/coe-partner/v1/initiate-flow';
const SLOW_MS = 1_500;
/** Of 50 calls at once three quarters are a unit's, and a quarter is a person's. */
const [OF_UNIT, OF_PERSON] = [37, 12];

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({
    environment: {
      GTF_LIMIT_PER_PERSON_PER_DAY: '0',
      MAX_CONNECTIONS_PER_ADDRESS: '0',
      PARTNER_TIMEOUT_MS: '15000',
    },
  });
  // Tokens for both units are there before it gets slow.
  for (const unit of ['nanovest', 'siminvest']) expect((await open(unit)).status).toBe(201);
});
afterAll(async () => {
  await gateway?.close();
});
afterEach(() => gateway.lab.gtf.faults.clear());

async function open(unit: string, sub: string = randomUUID()): Promise<{ status: number; ms: number }> {
  const token = gateway.lab.simasId.mintToken({ unit, phoneNumber: '6285610573956', sub });
  const started = performance.now();
  const answer = await fetch(`${gateway.url}/v1/gtf/flows`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(FLOW),
  });
  await answer.arrayBuffer();
  return { status: answer.status, ms: performance.now() - started };
}

/** GTF is slow for everybody. */
function slow(): void {
  gateway.lab.gtf.faults.next({ path: GTF_PATH, delayMs: SLOW_MS, times: 1_000 });
}

/** Resolves when so many more calls are at GTF. */
function atGtf(more: number): Promise<void> {
  const asked = (): number => gateway.lab.gtf.requests(GTF_PATH).length;
  const before = asked();
  return until(() => asked() >= before + more);
}

function count(answers: readonly { status: number }[], status: number): number {
  return answers.filter((answer) => answer.status === status).length;
}

describe('while GTF is slow', () => {
  it('the people of one business unit do not shut out those of another', async () => {
    slow();
    const full = atGtf(OF_UNIT);
    const crowd = Array.from({ length: 150 }, () => open('nanovest'));
    await full;
    const other = await open('siminvest');
    expect(other.status).toBe(201);
    expect(other.ms).toBeLessThan(SLOW_MS * 1.9);
    const answers = await Promise.all(crowd);
    expect(count(answers, 201)).toBeGreaterThan(50);
    expect(count(answers, 201) + count(answers, 503)).toBe(150);
  });

  it('one person who asks for many journeys at once does not shut out others of their unit', async () => {
    slow();
    const greedy = randomUUID();
    const full = atGtf(OF_PERSON);
    const many = Array.from({ length: 100 }, () => open('nanovest', greedy));
    await full;
    const other = await open('nanovest');
    expect(other.status).toBe(201);
    expect(other.ms).toBeLessThan(SLOW_MS * 1.9);
    const answers = await Promise.all(many);
    expect(count(answers, 201) + count(answers, 503)).toBe(100);
  });
});
