import { type StreamReader, Watchers } from '../../../test/support/event-stream';
import { until } from '../../../test/support/eventually';
import { GtfPerson } from '../../../test/support/gtf-person';
import { backOffice } from '../../../test/support/test-gateway';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';
import { Officer } from '../../../test/e2e/satusehat-officer';
import { StreamHub } from './stream-hub';

let gateway: InProcessGateway;
let person: GtfPerson;
const watchers = new Watchers(() => gateway);

beforeAll(async () => {
  gateway = await startInProcessGateway();
  person = new GtfPerson(gateway);
});
afterEach(() => {
  watchers.leave();
});
afterAll(async () => {
  await gateway?.close();
});

function hub({ app }: InProcessGateway): StreamHub {
  return app.get(StreamHub, { strict: false });
}

async function forget(phoneNumber: string): Promise<void> {
  const { body } = await gateway.http
    .delete(`/v1/people/${phoneNumber}`)
    .set('Authorization', backOffice('nanovest'));
  expect(body).toMatchObject({ status: 'erased' });
}

/** A heartbeat after everything seen so far: the stream was not ended by it. */
async function goesOn(reader: StreamReader): Promise<void> {
  const before = reader.comments;
  hub(gateway).beat();
  await until(() => reader.comments > before);
  expect(reader.ended).toBe(false);
}

describe('watching a submission', () => {
  it('of a patient’s submission shows what concerns the patient, not the officer who opened the page', async () => {
    const office = backOffice('nanovest');
    const officer = { phoneNumber: '6285610573883' };
    const { submissionId } = (await new Officer(gateway, officer).openPage()).body;
    const reader = await watchers.watch(submissionId, office);
    const patient = {
      fullName: 'SITI RAHAYU',
      nik: '3273014505920002',
      dateOfBirth: '1992-05-05',
      email: '',
    };
    const phoneNumber = '6285610573884';
    const page = gateway.http.get(`/v1/people/${officer.phoneNumber}?purpose=audit`);
    await page.set('Authorization', office).expect(200);
    gateway.lab.commonKyc.faults.next({ method: 'POST', status: 503, body: {}, times: 100 });
    await gateway.http
      .post(`/v1/submissions/${submissionId}/approve`)
      .set('Authorization', office)
      .send({ ...patient, phoneNumber })
      .expect(200);
    await forget(officer.phoneNumber);
    await until(() => reader.types().length >= 3);
    await goesOn(reader);
    expect(reader.types()).toEqual(['kyc.opened', 'person.read', 'kyc.approved']);
    // As if the retention period were over.
    await gateway.query('UPDATE person SET retained_from = NULL WHERE retained_from IS NOT NULL');
    await forget(phoneNumber);
    hub(gateway).beat();
    await until(() => reader.ended);
    expect(reader.types().at(-1)).toBe('person.erased');
    gateway.lab.commonKyc.faults.clear();
  });

  it('is not begun by a process that is stopping, which would wait for its end', async () => {
    const id = await person.submit({ scenario: 'NEVER_FINISHES' });
    const { lab, database, environment } = gateway;
    const stopping = await startInProcessGateway({ lab, database, environment });
    hub(stopping).onModuleDestroy();
    const reader = await watchers.watch(id, `Bearer ${person.token}`, { from: stopping });
    await until(() => reader.ended);
    await stopping.close();
    lab.connectGateway({ url: gateway.url, otpWebhook: {} });
  });

  it('has a heartbeat', async () => {
    const reader = await watchers.watch(await person.prepare(), `Bearer ${person.token}`);
    await until(() => reader.types().includes('kyc.opened'));
    hub(gateway).beat();
    await until(() => reader.comments === 1);
  });
});
