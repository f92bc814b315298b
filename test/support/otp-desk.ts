import { Client } from 'pg';
import type { Response } from 'supertest';
import { eventually } from './eventually';
import { backOffice, otpSender, type TestGateway } from './test-gateway';

export interface SeenAttempt {
  channel: string;
  provider: string;
  outcome: string | null;
  errorCode: string | null;
  providerMessageId: string | null;
  receipt: string | null;
  possibleDuplicate: boolean;
}

export interface SeenDelivery {
  id: string;
  identifier: string;
  channel: string;
  status: string;
  reason: string | null;
  attempts: SeenAttempt[];
}

export interface CodeToSend {
  identifier: string;
  otp: string;
  channel: string;
}

let people = 0;

/** A mobile number nobody had before. */
export function newPhone(): string {
  people += 1;
  return `62812${String(30_000_000 + people)}`;
}

/** A code nobody had before: the lab's messages are found by it. */
export function newCode(): string {
  people += 1;
  return `C${String(100_000 + people)}`;
}

/** SIMAS-ID's side and the back office's side of one-time codes, and a look into the database. */
export class OtpDesk {
  constructor(
    private readonly gateway: Pick<TestGateway, 'http' | 'database'>,
    private readonly unit = 'nanovest',
  ) {}

  post(body: object, headers: Record<string, string> = {}): Promise<Response> {
    const request = this.gateway.http.post('/v1/webhooks/otp').set('authorization', otpSender(this.unit));
    return request.set(headers).send(body).then();
  }

  /** Sends a code that is accepted; returns the delivery's id. */
  async send(code: Partial<CodeToSend> = {}): Promise<string> {
    const answer = await this.post({ identifier: newPhone(), otp: newCode(), channel: 'sms', ...code });
    if (answer.status !== 200) throw new Error(`not accepted: ${answer.status} ${answer.text}`);
    return (answer.body as { id: string }).id;
  }

  async see(id: string): Promise<SeenDelivery> {
    const answer = await this.gateway.http
      .get(`/v1/otp-deliveries/${id}`)
      .set('authorization', backOffice(this.unit));
    return answer.body as SeenDelivery;
  }

  /** The deliveries to a number or address. */
  async found(identifier: string): Promise<SeenDelivery[]> {
    const answer = await this.gateway.http
      .get('/v1/otp-deliveries')
      .query({ identifier })
      .set('authorization', backOffice(this.unit));
    return (answer.body as { data: SeenDelivery[] }).data;
  }

  /** The delivery once it has that status. */
  async when(id: string, status: string, withinMs?: number): Promise<SeenDelivery> {
    const delivery = await eventually(
      () => this.see(id),
      (seen) => seen.status === status,
      withinMs,
    );
    expect(delivery).toMatchObject({ status });
    return delivery;
  }

  /** The delivery once that many attempts have an outcome. */
  async tried(id: string, attempts: number, withinMs?: number): Promise<SeenDelivery> {
    const done = ({ attempts: all }: SeenDelivery): SeenAttempt[] =>
      all.filter(({ outcome }) => outcome !== null);
    const delivery = await eventually(
      () => this.see(id),
      (seen) => done(seen).length >= attempts,
      withinMs,
    );
    expect(done(delivery)).toHaveLength(attempts);
    return delivery;
  }

  async sql<Row extends object>(statement: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = new Client(this.gateway.database.url);
    await client.connect();
    try {
      return (await client.query<Row>(statement, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  /** The next try is made now. */
  async hurry(id: string): Promise<void> {
    await this.sql(`UPDATE otp_delivery SET due_at = now() WHERE id = $1 AND status = 'queued'`, [id]);
    await this.sql(`SELECT pg_notify('otp_due', '')`);
  }

  /** Nothing more is sent of what still waits. */
  async giveUp(...ids: readonly string[]): Promise<void> {
    const waits = `id = ANY ($1::uuid[]) AND status IN ('queued', 'sending')`;
    await this.sql(`UPDATE otp_delivery SET expires_at = now(), due_at = now() WHERE ${waits}`, [ids]);
    await eventually(
      () => this.sql(`SELECT FROM otp_delivery WHERE ${waits}`, [ids]),
      ({ length }) => length === 0,
    );
  }

  /** Lets time pass for one delivery. */
  async age(id: string, seconds: number): Promise<void> {
    await this.sql(
      `UPDATE otp_delivery SET created_at = created_at - $2::float8 * interval '1 s', expires_at = expires_at - $2::float8 * interval '1 s',
         due_at = due_at - $2::float8 * interval '1 s' WHERE id = $1`,
      [id, seconds],
    );
  }
}
