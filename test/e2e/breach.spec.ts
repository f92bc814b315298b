import { setTimeout as sleep } from 'node:timers/promises';
import { GtfPerson } from '../support/gtf-person';
import { LEDGER, type Outcome, runScript } from '../support/run-script';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
}, 60_000);
afterAll(async () => {
  await gateway?.close();
});

const [READ, UNREAD, PATIENT] = ['6285610000001', '6285610000002', '6285610000003'];

/** `npm run ledger -- affected …`, as the image has it. */
function affected(...args: string[]): Promise<Outcome> {
  return runScript(LEDGER, ['affected', ...args], gateway.environment);
}

/** A moment between what happened and what comes, by the database's clock. */
async function moment(): Promise<string> {
  await sleep(5);
  const [row] = await gateway.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  await sleep(5);
  return (row?.now ?? new Date()).toISOString();
}

async function office(
  method: 'get' | 'post' | 'delete',
  path: string,
  body?: object,
): Promise<Record<string, string>> {
  const answer = await gateway.http[method](path).set('Authorization', backOffice('nanovest')).send(body);
  if (answer.status >= 300) throw new Error(`${path} answered ${answer.status} ${answer.text}`);
  return answer.body as Record<string, string>;
}

async function idOf(phoneNumber: string): Promise<string> {
  const { data } = await office('post', '/v1/people/search', { phoneNumber });
  return (data as unknown as { id: string }[])[0]?.id ?? '';
}

async function handIn(phoneNumber: string, nik: string): Promise<string> {
  const kyc = { phoneNumber, nik, fullName: 'BUDI', dateOfBirth: '1990-01-01', email: '' };
  return String((await office('post', '/v1/common-kyc', kyc))['submissionId']);
}

describe('whom a breach concerns', () => {
  it('is told by when a back office read data: the people it was about, not who opened the submission', async () => {
    const before = await moment();
    const submission = await handIn(READ, '3171010101900001');
    await handIn(UNREAD, '3171010101900002');
    const page = await office('post', '/v1/satusehat/validation-urls', {
      agentName: 'Bambang',
      agentNik: '3171010101900003',
    });
    const patients = `/v1/submissions/${String(page['submissionId'])}`;
    await office('post', `${patients}/approve`, {
      ...{ phoneNumber: PATIENT, nik: '3171010101900004', fullName: 'ANI' },
      ...{ dateOfBirth: '1990-01-01', email: '' },
    });
    const between = await moment();
    await office('get', `/v1/submissions/${submission}/identity?purpose=review`);
    await office('get', `${patients}/identity?purpose=legal-obligation`);
    const after = await moment();

    const expected = [await idOf(READ), await idOf(PATIENT)].map((id) => `nanovest ${id} active`).sort();
    const { code, lines } = await affected('--from', between, '--to', after);
    expect([code, lines]).toEqual([0, [...expected, 'AFFECTED: 2 people']]);
    expect((await affected('--from', before, '--to', between)).lines).toEqual(['AFFECTED: 0 people']);
    expect((await affected('--from', after, '--to', await moment())).lines).toEqual(['AFFECTED: 0 people']);
  }, 60_000);

  it('is told by the key that data lay under at the time, also of who was erased since', async () => {
    const erased = new GtfPerson(gateway, 'siminvest', '6285610000009');
    await erased.create();
    const before = await moment();
    const [{ id = '' } = {}] = await gateway.query<{ id: string }>(
      `SELECT person_id AS id FROM kyc_submission WHERE business_unit = 'siminvest'`,
    );
    const path = `/v1/people/${id}`;
    const gone = await gateway.http.delete(path).set('Authorization', backOffice('siminvest'));
    expect(gone.body).toMatchObject({ status: 'erased' });
    const after = await moment();

    const present = await affected('--from', before, '--to', after, '--key', 'test');
    expect(present.lines.at(-1)).toMatch(/^AFFECTED: \d+ people$/);
    expect(present.lines).toContain(`siminvest ${id} erased`);
    expect(present.lines).toContain(`nanovest ${await idOf(UNREAD)} active`);
    const later = await affected('--from', await moment(), '--to', await moment(), '--key', 'test');
    expect(later.lines).not.toContain(`siminvest ${id} erased`);
    expect(later.lines).toContain(`nanovest ${await idOf(UNREAD)} active`);
  }, 60_000);

  it('is told by a key that was rotated away, up to the rotation', async () => {
    const id = await idOf(UNREAD);
    const under = async (keyId: string): Promise<void> => {
      await gateway.query('UPDATE person SET key_id = $2 WHERE id = $1', [id, keyId]);
    };
    const times = [await moment()];
    for (const keyId of ['older', 'test']) {
      await under(keyId);
      times.push(await moment());
    }
    const [first = '', second = '', third = ''] = times;
    const older = (from: string, to: string) => affected('--from', from, '--to', to, '--key', 'older');
    expect((await older(first, second)).lines).toEqual([`nanovest ${id} active`, 'AFFECTED: 1 people']);
    expect((await older(second, third)).lines).toEqual([`nanovest ${id} active`, 'AFFECTED: 1 people']);
    expect((await older(third, await moment())).lines).toEqual(['AFFECTED: 0 people']);
    expect((await older('2020-01-01T00:00:00Z', first)).lines).toEqual(['AFFECTED: 0 people']);
  }, 60_000);

  it('cannot be told by a key under which no data ever lay, rather than be nobody', async () => {
    const { code, verdict } = await affected(
      ...['--from', '2026-11-22T00:00:00Z', '--to', '2026-11-23T00:00:00Z', '--key', 'tset'],
    );
    expect([code, verdict]).toEqual([2, 'CANNOT TELL: no person’s data ever lay under a key tset']);
  });
});
