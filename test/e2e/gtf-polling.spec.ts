import { eventually } from '../support/eventually';
import { GtfPerson } from '../support/gtf-person';
import { startTestGateway } from '../support/test-gateway';

describe('without any callback', () => {
  it('every submission is settled by polling', async () => {
    const impatient = await startTestGateway({ environment: { GTF_POLL_SCHEDULE: '1,2' } });
    impatient.lab.gtf.callbacks.drop = true;
    const person = new GtfPerson(impatient);
    const ids = await Promise.all([
      person.submit(),
      person.submit({ scenario: 'NOT_EKTP' }),
      person.submit({ scenario: 'SYSTEM_ERROR' }),
      person.submit({ scenario: 'SLOW_CERTIFICATE' }),
    ]);
    const settled = await Promise.all(ids.map((id) => person.becomes(id, 'verified', 'declined', 'error')));
    expect(settled).toEqual(['verified', 'declined', 'error', 'verified']);
    const counted = /gtf_results_recorded_total\{family="coe",source="poll",status="verified"\} 2/;
    const metrics = await eventually(
      async () => (await impatient.http.get('/metrics')).text,
      (text) => counted.test(text),
    );
    expect(metrics).toMatch(counted);
    expect(impatient.lab.gtf.deliveries()).toHaveLength(0);
    await impatient.close();
  });
});
