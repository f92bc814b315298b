import { newPhone, OtpDesk } from '../../../test/support/otp-desk';
import { startTestGateway, type TestGateway } from '../../../test/support/test-gateway';
import { OtpRetention } from './otp-retention.service';

let gateway: TestGateway;
let desk: OtpDesk;

beforeAll(async () => {
  gateway = await startTestGateway();
  desk = new OtpDesk(gateway);
});
afterAll(() => gateway.close());

/** Lets time pass, then deletes what is due. */
async function pass(table: string, column: string, hours: number): Promise<void> {
  await gateway.query(`UPDATE ${table} SET ${column} = ${column} - make_interval(hours => $1)`, [hours]);
  await gateway.app.get(OtpRetention, { strict: false }).run();
}

async function count(table: string): Promise<number> {
  return (await gateway.query(`SELECT FROM ${table}`)).length;
}

describe('One-time codes', () => {
  it('count against a number’s limits for 25 hours, and their deliveries can be looked up for 30 days', async () => {
    await desk.when(await desk.send({ identifier: newPhone() }), 'delivered');
    await pass('otp_recipient', 'last_at', 24);
    expect(await count('otp_recipient')).toBe(1);
    await pass('otp_recipient', 'last_at', 2);
    expect(await count('otp_recipient')).toBe(0);
    await pass('otp_delivery', 'created_at', 719);
    expect([await count('otp_delivery'), await count('otp_attempt')]).toEqual([1, 1]);
    await pass('otp_delivery', 'created_at', 2);
    expect([await count('otp_delivery'), await count('otp_attempt')]).toEqual([0, 0]);
  });
});
