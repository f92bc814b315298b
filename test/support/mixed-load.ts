import { setTimeout as sleep } from 'node:timers/promises';
import { type Client } from 'pg';
import { eventually } from './eventually';
import { backOffice, otpSender } from './test-gateway';

const UNIT = 'nanovest';
/** Of codes and people, over all loads of a process: none comes twice. */
let count = 0;
const CHANNELS = ['sms', 'whatsapp', 'email'] as const;

/** Business units' back ends that post codes, hand in approved data and list submissions without a pause, and keep count. */
export class MixedLoad {
  readonly codes: string[] = [];
  /** What was sent under an id. */
  readonly otps = new Map<string, string>();
  /** Calls that arrived and were never answered: nobody knows whether they took effect. */
  readonly unanswered = { codes: 0, submissions: 0 };
  readonly submissions: string[] = [];
  /** Answers by status; 0 for none at all. */
  readonly statuses = new Map<number, number>();
  /** Refusals by their `code`. */
  readonly refusals = new Map<string, number>();
  #stopped = false;
  #running: Promise<unknown> = Promise.resolve();

  /** @param pauseMs between two requests of a client */
  constructor(
    private readonly url: string,
    private readonly pauseMs = 0,
    private readonly clientsAKind = 4,
  ) {}

  get acknowledged(): number {
    return this.codes.length + this.submissions.length;
  }

  start(): void {
    const kinds = [() => this.#postCode(), () => this.#handIn(), () => this.#list()];
    const clients = kinds.flatMap((act) =>
      Array.from({ length: this.clientsAKind }, () => this.#repeat(act)),
    );
    this.#running = Promise.all(clients);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** What was acknowledged and is not in the database, or has no event in the ledger. */
  async lost(sql: Client): Promise<{ codes: string[]; submissions: string[] }> {
    const ids = async (statement: string, of: readonly string[]): Promise<Set<string>> =>
      new Set((await sql.query<{ id: string }>(statement, [of])).rows.map(({ id }) => id));
    const codes = await ids('SELECT id FROM otp_delivery WHERE id = ANY ($1)', this.codes);
    const submissions = await ids(
      'SELECT submission_id AS id FROM kyc_event WHERE submission_id = ANY ($1)',
      this.submissions,
    );
    return {
      codes: this.codes.filter((id) => !codes.has(id)),
      submissions: this.submissions.filter((id) => !submissions.has(id)),
    };
  }

  /** Codes of which nobody knows yet what became of them, once there is time enough. */
  async openCodes(sql: Client, withinMs: number): Promise<number> {
    return eventually(
      async () => {
        const { rows } = await sql.query<{ open: number }>(
          `SELECT count(*)::integer AS open FROM otp_delivery WHERE status IN ('queued', 'sending')`,
        );
        return rows[0]?.open ?? Infinity;
      },
      (open) => open === 0,
      withinMs,
    );
  }

  async #repeat(act: () => Promise<number>): Promise<void> {
    while (!this.#stopped) {
      const status = await act().catch(() => 0);
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      if (this.pauseMs > 0 || status < 200 || status > 299) await sleep(Math.max(this.pauseMs, 20));
    }
  }

  async #postCode(): Promise<number> {
    const number = count++;
    const otp = `K${String(number).padStart(6, '0')}`;
    const channel = CHANNELS[number % CHANNELS.length] ?? 'sms';
    const identifier = channel === 'email' ? `${otp}@example.org` : `62811${10_000_000 + number}`;
    const body = { identifier, otp, channel };
    const answer = await this.#post('codes', '/v1/webhooks/otp', otpSender(UNIT), body);
    if (answer.status !== 200) return this.#refused(answer);
    const { id } = (await answer.json()) as { id: string };
    this.codes.push(id);
    this.otps.set(id, otp);
    return answer.status;
  }

  async #handIn(): Promise<number> {
    const number = count++;
    const answer = await this.#post('submissions', '/v1/common-kyc', backOffice(UNIT), {
      phoneNumber: `62812${10_000_000 + number}`,
      fullName: 'Budi Santoso',
      nik: `317101010190${String(number % 10_000).padStart(4, '0')}`,
      dateOfBirth: '1990-01-01',
      email: '',
    });
    if (answer.status !== 202) return this.#refused(answer);
    this.submissions.push(((await answer.json()) as { submissionId: string }).submissionId);
    return answer.status;
  }

  async #list(): Promise<number> {
    const answer = await fetch(`${this.url}/v1/submissions?limit=10`, {
      headers: { authorization: backOffice(UNIT) },
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.status !== 200) return this.#refused(answer);
    await answer.arrayBuffer();
    return answer.status;
  }

  async #refused(answer: Response): Promise<number> {
    // SIMAS-ID's route has a shape of its own.
    const { code, error = code } = (await answer.json()) as Partial<Record<'code' | 'error', string>>;
    const word = error ?? 'none';
    this.refusals.set(word, (this.refusals.get(word) ?? 0) + 1);
    return answer.status;
  }

  async #post(
    kind: 'codes' | 'submissions',
    path: string,
    authorization: string,
    body: object,
  ): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
      });
    } catch (error) {
      const { cause } = error as { readonly cause?: { readonly code?: string } };
      if (cause?.code !== 'ECONNREFUSED') this.unanswered[kind] += 1;
      throw error;
    }
  }
}
