import { randomUUID } from 'node:crypto';
import { labCredentials, startLab } from '../../../lab';
import { eventually } from '../../../test/support/eventually';
import { GtfPerson } from '../../../test/support/gtf-person';
import { UNITS } from '../../../test/support/test-gateway';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';
import { CallbackInbox } from './callback-inbox.service';

let gateway: InProcessGateway;
let person: GtfPerson;
let inbox: CallbackInbox;

beforeAll(async () => {
  const lab = await startLab({ units: UNITS, gtfProcessingMs: 600 });
  gateway = await startInProcessGateway({ lab });
  gateway.lab.gtf.callbacks.drop = true;
  person = new GtfPerson(gateway);
  inbox = gateway.app.get(CallbackInbox, { strict: false });
});
afterAll(async () => {
  await gateway?.close();
  await gateway?.lab.close();
});

async function knock(body: object): Promise<void> {
  await gateway.http
    .post('/coe/submissions-callback')
    .set('Authorization', labCredentials('nanovest').gtfCallback.value)
    .send(body)
    .expect(200);
}

/** GTF's own id of a submission. */
async function partnerIdOf(id: string): Promise<string> {
  const sql = 'SELECT partner_submission_id FROM gtf_session WHERE submission_id = $1';
  const [row] = await gateway.query<{ partner_submission_id: string }>(sql, [id]);
  return row?.partner_submission_id ?? '';
}

async function knocksAreAnswered(): Promise<void> {
  const sql = `SELECT FROM pgboss.job WHERE name = 'gtf-callback' AND state < 'completed'`;
  expect(
    await eventually(
      () => gateway.query(sql),
      ({ length }) => length === 0,
    ),
  ).toEqual([]);
}

describe('a callback of GTF', () => {
  it('about a submission nobody knows is forgotten after 30 days', async () => {
    const about = [randomUUID(), randomUUID()];
    for (const submissionId of about) await knock({ submissionId, status: 'DONE' });
    await knocksAreAnswered();
    const [old, young] = about;
    const aged =
      'UPDATE gtf_callback SET received_at = now() - $2::interval WHERE partner_submission_id = $1';
    await gateway.query(aged, [old, '721 hours']);
    await gateway.query(aged, [young, '719 hours']);
    await inbox.forgetParked();
    const sql = 'SELECT partner_submission_id AS id FROM gtf_callback WHERE partner_submission_id = ANY ($1)';
    expect(await gateway.query(sql, [about])).toEqual([{ id: young }]);
  });

  it('that came before the submission was ours is followed up on once it is', async () => {
    const started = await person.post('/v1/gtf/identity-verifications', {
      source: 'SDK',
      verificationReferenceId: 'r',
    });
    const { submissionId, partnerSessionId } = started.body as {
      submissionId: string;
      partnerSessionId: string;
    };
    // As if the callback had been faster than our own commit.
    await gateway.query('UPDATE gtf_session SET partner_session_id = $2 WHERE submission_id = $1', [
      submissionId,
      'x',
    ]);
    await knock({ submissionId: 'later', partnerSessionId, status: 'COMPLETED', result: 'VALID' });
    await knocksAreAnswered();
    await gateway.query('UPDATE gtf_session SET partner_session_id = $2 WHERE submission_id = $1', [
      submissionId,
      partnerSessionId,
    ]);
    const gtfId = gateway.lab.gtf.finishSdkJourney(partnerSessionId);
    await gateway.lab.gtf.settle(gtfId);
    await inbox.processParked('nanovest', { partnerSubmissionId: null, partnerSessionId });
    await person.becomes(submissionId, 'verified');
  });

  it('that was kept under a key nobody has any more is still followed up on', async () => {
    const id = await person.submit();
    const partnerId = await partnerIdOf(id);
    await gateway.query(`UPDATE gtf_session SET partner_submission_id = 'x' WHERE submission_id = $1`, [id]);
    await knock({ submissionId: partnerId, status: 'COMPLETED', result: 'VALID' });
    await knocksAreAnswered();
    await gateway.query(`UPDATE gtf_callback SET key_id = 'gone' WHERE partner_submission_id = $1`, [
      partnerId,
    ]);
    await gateway.query('UPDATE gtf_session SET partner_submission_id = $2 WHERE submission_id = $1', [
      id,
      partnerId,
    ]);
    await gateway.lab.gtf.settle(partnerId);
    await inbox.processParked('nanovest', { partnerSubmissionId: partnerId, partnerSessionId: null });
    await person.becomes(id, 'verified');
    expect(gateway.logLines.join('')).toContain('a GTF callback that was kept cannot be opened');
  });
});
