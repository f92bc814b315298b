import { randomUUID } from 'node:crypto';
import { labCredentials, startLab } from '../../lab';
import { dueNow } from '../support/due-now';
import { eventually } from '../support/eventually';
import { GtfPerson } from '../support/gtf-person';
import { startStallingProxy } from '../support/stalling-proxy';
import { startTestGateway, type TestGateway, UNITS } from '../support/test-gateway';

let gateway: TestGateway;
let person: GtfPerson;

beforeAll(async () => {
  const lab = await startLab({ units: UNITS, gtfProcessingMs: 600 });
  // A hundred callbacks at once come from one address here.
  gateway = await startTestGateway({ lab, environment: { MAX_CONNECTIONS_PER_ADDRESS: '300' } });
  person = new GtfPerson(gateway);
});
beforeEach(() => {
  Object.assign(gateway.lab.gtf.callbacks, {
    drop: false,
    duplicates: 0,
    method: 'POST',
    headerValue: undefined,
  });
});
afterAll(async () => {
  await gateway?.close();
  await gateway?.lab.close();
});

const SECRET = labCredentials('nanovest').gtfCallback.value;
const PATH = '/coe/submissions-callback';

function knock(body: string | object, authorization: string | undefined = SECRET) {
  const asked = gateway.http.post(PATH).set('Content-Type', 'application/json');
  return (authorization === undefined ? asked : asked.set('Authorization', authorization)).send(body);
}

/** GTF's own id of a submission. */
async function partnerIdOf(id: string): Promise<string> {
  const sql = 'SELECT partner_submission_id FROM gtf_session WHERE submission_id = $1';
  const [row] = await gateway.query<{ partner_submission_id: string }>(sql, [id]);
  return row?.partner_submission_id ?? '';
}

async function pendingKnocks(): Promise<number> {
  const sql = `SELECT count(*)::int AS count FROM pgboss.job WHERE name = 'gtf-callback' AND state < 'completed'`;
  const [row] = await gateway.query<{ count: number }>(sql);
  return row?.count ?? 0;
}

async function knocksAreAnswered(): Promise<void> {
  expect(await eventually(pendingKnocks, (count) => count === 0)).toBe(0);
}

describe('a callback of GTF', () => {
  it.each(['POST', 'PUT', 'PATCH'] as const)(
    'by %s is answered with exactly 200 {} and settles the submission',
    async (method) => {
      gateway.lab.gtf.callbacks.method = method;
      const id = await person.submit();
      await person.becomes(id, 'verified');
      const partnerId = await partnerIdOf(id);
      const delivery = await eventually(
        () => Promise.resolve(gateway.lab.gtf.deliveries().find((one) => one.submissionId === partnerId)),
        (one) => one !== undefined,
      );
      expect(delivery).toMatchObject({ status: 200, answer: {}, problem: null });
    },
  );

  it('about a submission nobody knows is answered the same way, and kept', async () => {
    const answer = await knock({ submissionId: 'c64b4c8c-9a8f-4e9c-b86a-0908291c855e', status: 'COMPLETED' });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{}');
    const [parked] = await gateway.query<{ submission_id: string | null; sealed: Buffer }>(
      'SELECT submission_id, sealed FROM gtf_callback WHERE partner_submission_id = $1',
      ['c64b4c8c-9a8f-4e9c-b86a-0908291c855e'],
    );
    expect(parked?.submission_id).toBeNull();
    expect(parked?.sealed.includes('COMPLETED')).toBe(false);
  });

  it('a hundred times at once makes one event', async () => {
    gateway.lab.gtf.callbacks.drop = true;
    const id = await person.submit();
    await gateway.lab.gtf.settle(await partnerIdOf(id));
    const body = {
      submissionId: await partnerIdOf(id),
      status: 'COMPLETED',
      result: 'VALID',
      reasonCode: '',
    };
    const answers = await Promise.all(Array.from({ length: 100 }, () => knock(body)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(new Set(['200 {}']));
    await person.becomes(id, 'verified');
    await knocksAreAnswered();
    expect(await person.events(id)).toEqual(['kyc.opened', 'kyc.processing', 'kyc.verified']);
    const kept = await gateway.query('SELECT 1 AS one FROM gtf_callback WHERE partner_submission_id = $1', [
      body.submissionId,
    ]);
    expect(kept).toHaveLength(1);
  });

  it('moves to the person’s vault once it is known whose it is', async () => {
    const id = await person.submit();
    await person.becomes(id, 'verified');
    const [kept] = await gateway.query<{ sealed: null; vault_entry: string }>(
      'SELECT sealed, vault_entry FROM gtf_callback WHERE submission_id = $1',
      [id],
    );
    expect(kept).toEqual({ sealed: null, vault_entry: expect.any(String) });
  });

  it('is stored even when GTF itself is down, and followed up on afterwards', async () => {
    gateway.lab.gtf.callbacks.drop = true;
    const id = await person.submit();
    await gateway.lab.gtf.settle(await partnerIdOf(id));
    gateway.lab.gtf.faults.next({ path: '/coe/v1/submissions', status: 500, body: 'down', times: 1 });
    const answer = await knock({ submissionId: await partnerIdOf(id), status: 'COMPLETED', result: 'VALID' });
    expect(answer.status).toBe(200);
    // The wait before the second try passes.
    const retries = (): Promise<object[]> =>
      gateway.query(`SELECT FROM pgboss.job WHERE name = 'gtf-callback' AND state = 'retry'`);
    await eventually(retries, ({ length }) => length > 0);
    await dueNow(gateway.query, 'gtf-callback');
    await person.becomes(id, 'verified');
    const kept = await gateway.query(
      `SELECT output FROM pgboss.job WHERE name = 'gtf-callback' AND retry_count > 0`,
    );
    expect(kept.length).toBeGreaterThan(0);
    // What a partner answered is kept with no job.
    expect(JSON.stringify(kept)).not.toContain('down');
  });
});

describe('a forged callback', () => {
  it.each([
    ['without header', undefined],
    ['with a wrong value', 'Bearer guess'],
    ['with a part of the right value', SECRET.slice(0, -1)],
    ['with more than the right value', `${SECRET}x`],
  ])('%s is 401 and leaves nothing behind', async (_how, authorization) => {
    const before = await gateway.query('SELECT digest FROM gtf_callback');
    const asked = gateway.http.post(PATH).set('Content-Type', 'application/json');
    const answer = await (
      authorization === undefined ? asked : asked.set('Authorization', authorization)
    ).send('{}');
    expect(answer.body).toMatchObject({ status: 401, code: 'unauthorized' });
    expect(await gateway.query('SELECT digest FROM gtf_callback')).toHaveLength(before.length);
  });

  it('that says VALID about a declined person changes nothing', async () => {
    const id = await person.submit({ scenario: 'NOT_EKTP' });
    await person.becomes(id, 'declined');
    await knock({
      submissionId: await partnerIdOf(id),
      status: 'COMPLETED',
      result: 'VALID',
      reasonCode: '',
    });
    await knocksAreAnswered();
    expect(await person.status(id)).toBe('declined');
    expect(await person.events(id)).toEqual(['kyc.opened', 'kyc.processing', 'kyc.declined']);
  });

  it('that says VALID while GTF is still working verifies nobody', async () => {
    gateway.lab.gtf.callbacks.drop = true;
    const id = await person.submit({ scenario: 'NEVER_FINISHES' });
    await knock({
      submissionId: await partnerIdOf(id),
      status: 'COMPLETED',
      result: 'VALID',
      reasonCode: '',
    });
    await knocksAreAnswered();
    expect(await person.status(id)).toBe('processing');
  });

  it('of one unit about a submission of another changes nothing', async () => {
    gateway.lab.gtf.callbacks.drop = true;
    const id = await person.submit();
    await gateway.lab.gtf.settle(await partnerIdOf(id));
    const other = labCredentials('siminvest').gtfCallback.value;
    const answer = await knock(
      { submissionId: await partnerIdOf(id), status: 'COMPLETED', result: 'VALID' },
      other,
    );
    expect(answer.text).toBe('{}');
    await knocksAreAnswered();
    expect(await person.status(id)).toBe('processing');
  });
});

describe('a callback from an address that is not on the list', () => {
  const fromGtf = '203.0.113.7';

  async function answerTo(forwardedFor: string, careful: TestGateway): Promise<number> {
    const headers = { authorization: SECRET, 'content-type': 'application/json' };
    const asked = careful.http.post(PATH).set({ ...headers, 'x-forwarded-for': forwardedFor });
    return (await asked.send({ submissionId: 'x' })).status;
  }

  async function withCareful(
    environment: Record<string, string>,
    use: (careful: TestGateway) => Promise<void>,
  ): Promise<void> {
    const own = { GTF_CALLBACK_ALLOWED_IPS: '203.0.113.0/24', ...environment };
    const careful = await startTestGateway({ lab: gateway.lab, environment: own });
    try {
      await use(careful);
    } finally {
      await careful.close();
      gateway.lab.connectGateway({ url: gateway.url, otpWebhook: {} });
    }
  }

  it('is refused behind a proxy, which names the one that called', async () => {
    await withCareful({ TRUST_PROXY: '1' }, async (careful) => {
      expect(await answerTo(fromGtf, careful)).toBe(200);
      expect(await answerTo('198.51.100.1', careful)).toBe(401);
      // The stranger put a name in front.
      expect(await answerTo(`${fromGtf}, 198.51.100.1`, careful)).toBe(401);
    });
  });

  it('is refused without a proxy, when a stranger pretends to be one', async () => {
    await withCareful({}, async (careful) => {
      expect(await answerTo(fromGtf, careful)).toBe(401);
    });
  });
});

describe('how a submission was settled', () => {
  it('is a metric', async () => {
    const settledBy = async (way: string): Promise<number> => {
      const { text } = await gateway.http.get('/metrics');
      const line = `gtf_results_recorded_total{family="coe",source="${way}",status="verified"} `;
      return Number(
        text
          .split('\n')
          .find((it) => it.startsWith(line))
          ?.slice(line.length) ?? 0,
      );
    };
    const [byCallback, byRefresh] = [await settledBy('callback'), await settledBy('refresh')];
    await person.becomes(await person.submit(), 'verified');
    await eventually(
      () => settledBy('callback'),
      (count) => count > byCallback,
    );
    expect([await settledBy('callback'), await settledBy('refresh')]).toEqual([byCallback + 1, byRefresh]);
    gateway.lab.gtf.callbacks.drop = true;
    const id = await person.submit();
    await eventually(
      () => person.refresh(id),
      ({ body }) => body.status === 'verified',
    );
    expect([await settledBy('callback'), await settledBy('refresh')]).toEqual([
      byCallback + 1,
      byRefresh + 1,
    ]);
  });
});

describe('what is no callback', () => {
  it.each(['{"submissionId":', 'null', '[]', '"text"', '', 'not json'])('%p is 400', async (body) => {
    const answer = await gateway.http
      .post(PATH)
      .set('Authorization', SECRET)
      .set('Content-Type', 'application/json')
      .send(body);
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  it('is refused above 256 KiB, but not before it is known who calls', async () => {
    const large = JSON.stringify({ submissionId: 'x'.repeat(300_000) });
    expect((await knock(large)).status).toBe(413);
    expect((await knock(large, 'Bearer guess')).status).toBe(401);
  });

  it('whose ids cannot be stored is kept like one about nobody', async () => {
    const answer = await knock('{"submissionId":"a\\u0000","partnerSessionId":"\\u0000"}');
    expect([answer.status, answer.body]).toEqual([200, {}]);
  });

  it('takes any content type and unknown fields, since GTF’s are not documented', async () => {
    const answer = await gateway.http
      .post(`${PATH}?source=gtf`)
      .set('Authorization', SECRET)
      .set('Content-Type', 'text/plain')
      .send(JSON.stringify({ submissionId: 'unheard-of', extra: { deep: [1] } }));
    expect([answer.status, answer.text]).toEqual([200, '{}']);
  });

  it('a GET is not allowed', async () => {
    expect((await gateway.http.get(PATH)).status).toBe(405);
  });
});

describe('a callback that cannot be stored', () => {
  it('is 500, so that GTF sends it again; the log says that the database is away, and it is counted', async () => {
    const proxy = await startStallingProxy(gateway.database.url);
    const { lab, database } = gateway;
    const other = await startTestGateway({ lab, database: { ...database, url: proxy.url } });
    const send = () =>
      other.http
        .post(PATH)
        .set('Authorization', SECRET)
        .send({ submissionId: randomUUID(), status: 'COMPLETED' });
    expect((await send()).status).toBe(200);
    await proxy.close(); // from now on connections are refused, as by a server that is down
    const answer = await send();
    expect(answer.body).toMatchObject({ status: 500, code: 'internal_error' });
    const { requestId } = answer.body as { requestId: string };
    const lines = (await other.log()).filter(
      (line) => line.includes(requestId) && !line.includes('"request"'),
    );
    expect(lines.join('')).toContain('the database cannot be reached');
    expect(lines.join('')).not.toContain('unexpected error');
    const { text } = await other.http.get('/metrics');
    expect(text).toContain('gtf_callbacks_total{result="stored"} 1');
    expect(text).toContain('gtf_callbacks_total{result="not_stored"} 1');
    await other.close();
    lab.connectGateway({ url: gateway.url, otpWebhook: {} });
  }, 60_000);
});

describe('two results', () => {
  it('that contradict each other: the second is recorded and not applied', async () => {
    const id = await person.submit({ scenario: 'CONTRADICTION' });
    const events = await eventually(
      () => person.events(id),
      (types) => types.includes('partner.contradicted'),
    );
    expect(events).toEqual(['kyc.opened', 'kyc.processing', 'kyc.verified', 'partner.contradicted']);
    expect(await person.status(id)).toBe('verified');
  });
});
