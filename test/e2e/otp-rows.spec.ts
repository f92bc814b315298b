import { Client } from 'pg';
import { ChannelAccount } from '../../src/otp-webhook/delivery/accounts/channel-account';
import { type AttemptEnd, AttemptRepository } from '../../src/otp-webhook/delivery/attempt.repository';
import {
  ClaimRepository,
  type ClaimResult,
  type Wanted,
} from '../../src/otp-webhook/delivery/claim.repository';
import { OverdueRepository } from '../../src/otp-webhook/delivery/queue/overdue.repository';
import { WaitingDeliveries } from '../../src/otp-webhook/delivery/queue/waiting-deliveries';
import { SendOtp } from '../../src/otp-webhook/delivery/send-otp.service';
import type { OtpClient } from '../../src/otp-webhook/providers/otp-provider';
import { twilio } from '../../src/otp-webhook/providers/twilio';
import { Database } from '../../src/platform/database';
import { OtpDesk } from '../support/otp-desk';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

const UNIT = 'nanovest';

/** Without workers: the test does to the rows what workers would do. */
let gateway: TestGateway;
let desk: OtpDesk;
let sql: Client;

beforeAll(async () => {
  gateway = await startTestGateway({ environment: { ROLE: 'api', PARTNER_TIMEOUT_MS: '10000' } });
  desk = new OtpDesk(gateway);
  sql = new Client(gateway.database.url);
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await gateway?.close();
});

/** A code for WhatsApp that now goes by SMS. */
async function fellBack(): Promise<string> {
  const id = await desk.send({ channel: 'whatsapp' });
  await sql.query(`UPDATE otp_delivery SET via = 'sms' WHERE id = $1`, [id]);
  return id;
}

function claim(wanted: Pick<Wanted, 'id' | 'channel' | 'provider'>): Promise<ClaimResult> {
  return gateway.app.get(ClaimRepository, { strict: false }).claim({ businessUnit: UNIT, ...wanted });
}

describe('a delivery that fell back to another channel', () => {
  it('is claimed for that one, though a stale job claims it for the old one at the same moment', async () => {
    const id = await fellBack();
    const claims = await Promise.all([
      claim({ id, channel: 'whatsapp', provider: 'whatsapp' }),
      claim({ id, channel: 'sms', provider: 'twilio' }),
    ]);
    expect(claims.map(({ kind }) => kind)).toEqual(['over', 'claimed']);
  });

  it('is not held back because the old one is closed', async () => {
    const id = await fellBack();
    const waiting = gateway.app.get(WaitingDeliveries, { strict: false });
    const postpone = (channel: 'whatsapp' | 'sms'): Promise<number | null> =>
      gateway.app
        .get(Database)
        .transaction((tx) => waiting.postpone(tx, { businessUnit: UNIT, id, channel }, 10));
    expect(await postpone('whatsapp')).toBeNull();
    expect(await postpone('sms')).toBe(10);
  });
});

describe('an attempt', () => {
  it('whose failure is told while its answer is being recorded falls back all the same', async () => {
    const id = await desk.send({ channel: 'whatsapp' });
    const claimed = await claim({ id, channel: 'whatsapp', provider: 'whatsapp' });
    if (claimed.kind !== 'claimed') throw new Error(claimed.kind);
    // A receipt has said that it was sent.
    await sql.query(`UPDATE otp_delivery SET status = 'accepted' WHERE id = $1`, [id]);
    const about = { businessUnit: UNIT, id, number: claimed.claim.number };
    const move = { retries: 0, unknowns: 0, waitSeconds: 0, reason: null, keepSecret: true };
    const late: AttemptEnd = {
      ...about,
      ...move,
      from: 'accepted',
      to: 'queued',
      via: 'sms',
      outcome: 'recipient',
    };
    const answered: AttemptEnd = {
      ...about,
      ...move,
      from: 'sending',
      to: 'accepted',
      via: 'whatsapp',
      outcome: 'accepted',
      messageId: 'wamid.1',
    };
    const attempts = gateway.app.get(AttemptRepository, { strict: false });
    const recorded = await Promise.all([attempts.record(late), attempts.record(answered)]);
    expect(recorded.map(({ status }) => status)).toEqual(['queued', null]);
    const [row] = await desk.sql('SELECT status, via FROM otp_delivery WHERE id = $1', [id]);
    expect(row).toEqual({ status: 'queued', via: 'sms' });
  });
});

describe('a message', () => {
  it('is given no longer than its code has left, however long a partner may take', async () => {
    const claimed = await claim({ id: await desk.send(), channel: 'sms', provider: 'twilio' });
    if (claimed.kind !== 'claimed') throw new Error(claimed.kind);
    let given = Infinity;
    const client: OtpClient = {
      probe: () => Promise.resolve('takes the credentials'),
      send: (_message, deadline) => {
        given = deadline.remaining();
        return Promise.resolve({ outcome: 'accepted', messageId: 'SM1' });
      },
    };
    const sender = gateway.app.get(SendOtp, { strict: false });
    const account = new ChannelAccount({ businessUnit: UNIT, provider: twilio, client });
    await sender.send(account, { ...claimed.claim, secondsLeft: 6 }, performance.now());
    expect(given).toBeGreaterThan(5_000);
    expect(given).toBeLessThanOrEqual(6_000);
  });
});

describe('deliveries that are too late', () => {
  it('end without waiting for one that somebody is busy with', async () => {
    const [busy, free] = [await desk.send(), await desk.send()];
    await sql.query(
      `UPDATE otp_delivery SET expires_at = now(), overdue_at = now() - interval '1 s' WHERE id = ANY ($1)`,
      [[busy, free]],
    );
    const overdue = gateway.app.get(OverdueRepository, { strict: false });
    await sql.query('BEGIN');
    await sql.query('SELECT FROM otp_delivery WHERE id = $1 FOR UPDATE', [busy]);
    expect(await overdue.endExpired()).toEqual(['sms']);
    await sql.query('COMMIT');
    expect((await desk.see(free)).status).toBe('expired');
    expect(await overdue.endExpired()).toEqual(['sms']);
    expect((await desk.see(busy)).status).toBe('expired');
  });
});
