import { newPhone, OtpDesk } from '../../../test/support/otp-desk';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';
import { OtpRetention } from './otp-retention.service';

let gateway: InProcessGateway;
let desk: OtpDesk;

beforeAll(async () => {
  gateway = await startInProcessGateway();
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

  it('that gathered while no gateway ran are deleted in parts, none of which takes long', async () => {
    await gateway.query(
      `INSERT INTO otp_delivery (business_unit, id, channel, via, recipient, code, status, created_at, updated_at, expires_at, due_at)
       SELECT 'nanovest', gen_random_uuid(), 'sms', 'sms', '', '', 'delivered', at, at, at, at
       FROM (SELECT now() - interval '31 days' AS at FROM generate_series(1, 45000)) many`,
    );
    await gateway.query(`
      CREATE TABLE part AS SELECT 0::bigint AS size WHERE false;
      CREATE FUNCTION note_part() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO part SELECT count(*) FROM gone; RETURN NULL; END';
      CREATE TRIGGER note_part AFTER DELETE ON otp_delivery REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION note_part()`);
    await gateway.app.get(OtpRetention, { strict: false }).run();
    expect(await count('otp_delivery')).toBe(0);
    expect(await gateway.query('SELECT size FROM part WHERE size > 20000')).toEqual([]);
  });
});
