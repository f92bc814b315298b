import { dump } from '../support/database-dump';
import { eventually } from '../support/eventually';
import { OtpDesk } from '../support/otp-desk';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

describe('A code and whom it is for', () => {
  let gateway: TestGateway;
  let desk: OtpDesk;

  beforeAll(async () => {
    gateway = await startTestGateway({ environment: { LOG_LEVEL: 'trace', PARTNER_TIMEOUT_MS: '400' } });
    desk = new OtpDesk(gateway);
  });
  afterAll(() => gateway.close());

  const CODE = 'Zq7Xk2Wv';
  const NUMBER = '81399887766';
  const ADDRESS = 'hidden.person@secret-mailbox.example';
  const code = (suffix: string): string => `${CODE}${suffix}`;

  it('are nowhere to be read: logs, answers, metrics, jobs, rows, whatever went wrong', async () => {
    const { lab } = gateway;
    const ids: string[] = [];
    const send = async (channel: string, suffix: string, identifier = `0${NUMBER}`): Promise<void> => {
      const answer = await desk.post(
        { identifier, otp: code(suffix), channel },
        { 'idempotency-key': `${channel}-${suffix}` },
      );
      expect(answer.status).toBe(200);
      const { id } = answer.body as { id: string };
      ids.push(id);
      await eventually(
        () => desk.see(id),
        ({ attempts }) => attempts.some(({ outcome }) => outcome !== null),
      );
    };
    await send('whatsapp', '1');
    lab.twilio.faults.next({ status: 500, body: `cannot send ${code('2')} to +62${NUMBER}` });
    await send('sms', '2');
    lab.whatsapp.faults.next({
      status: 400,
      body: { error: { code: 131_026, message: `${NUMBER} ${code('3')}` } },
    });
    await send('whatsapp', '3');
    lab.whatsapp.faults.next({ hang: true });
    await send('whatsapp', '4');
    lab.smtp.faults.next({ path: 'RCPT', status: 550, body: `5.1.1 <${ADDRESS}> unknown, ${code('5')}` });
    await send('email', '5', ADDRESS);
    await send('email', '6', ADDRESS);
    // Refused: by the limit, by the body's form, by the channel.
    const refused = [
      await desk.post({ identifier: `62${NUMBER}`, otp: code('7'), channel: 'sms' }),
      await desk.post({ identifier: `62${NUMBER}`, otp: code('8'), channel: 'email' }),
      await desk.post({ identifier: `62${NUMBER}x`, otp: [code('9')], channel: 'sms' }),
    ];
    const shown = [
      ...refused.map(({ text }) => text),
      ...(await gateway.log()),
      (await gateway.http.get('/metrics')).text,
      ...(await Promise.all(ids.map((id) => desk.see(id)))).map((delivery) => JSON.stringify(delivery)),
      await dump(gateway.database.url),
    ].join('\n');
    expect(shown).toContain(ids[0]);
    for (const secret of [CODE, NUMBER, 'hidden.person', 'secret-mailbox'])
      expect(shown).not.toContain(secret);
  });

  it('are in no id that Meta gave a message, which holds the number: its receipts find the message by a digest', async () => {
    const identifier = '6281399881234';
    const id = await desk.send({ identifier, otp: code('w'), channel: 'whatsapp' });
    const { id: wamid } = await gateway.lab.whatsapp.waitForMessage(({ code: sent }) => sent === code('w'));
    const inId = wamid.replace('wamid.', '');
    expect(Buffer.from(inId, 'base64').toString('latin1')).toContain(identifier);
    // The receipts are matched: the lab reports "sent", "delivered" and "read".
    expect(await desk.when(id, 'read')).toMatchObject({
      attempts: [{ providerMessageId: null, receipt: 'read' }],
    });
    gateway.lab.whatsapp.receipts.next([{ status: 'failed', errorCode: 131_026 }]);
    await desk.tried(await desk.send({ identifier, otp: code('f'), channel: 'whatsapp' }), 2);
    const stored = await dump(gateway.database.url);
    expect(stored).toContain(id);
    const decoded = [...stored.matchAll(/[A-Za-z0-9+/_-]{16,}={0,2}/g)].flatMap(([run]) =>
      // Wherever in the run the id's base64 begins.
      [0, 1, 2, 3].map((start) => Buffer.from(run.slice(start), 'base64').toString('latin1')),
    );
    for (const text of [stored, ...decoded]) expect(text.includes(identifier.slice(2))).toBe(false);
    expect(stored.includes(inId)).toBe(false);
  });

  it('are found again by the back office through the identifier alone', async () => {
    const list = await gateway.http
      .get('/v1/otp-deliveries')
      .query({ identifier: ADDRESS.toUpperCase() })
      .set('authorization', backOffice('nanovest'));
    expect((list.body as { data: object[] }).data).toHaveLength(2);
    expect((await gateway.log()).join('\n')).not.toContain('secret-mailbox');
  });

  it('are erased from the rows at the deadline at the latest', async () => {
    await desk.sql(`UPDATE otp_delivery SET expires_at = now(), due_at = now()`);
    const count = async (): Promise<number> =>
      (
        await desk.sql<{ n: number }>(
          'SELECT count(*)::integer AS n FROM otp_delivery WHERE sealed IS NOT NULL',
        )
      )[0]?.n ?? -1;
    expect(await eventually(count, (left) => left === 0)).toBe(0);
  });
});
