import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sampleImage } from '../../lab/gtf';
import { backOffice, otpSender } from './test-gateway';

const UNIT = 'nanovest';
const WITHIN_MS = 30_000;
const TRY_AGAIN_MS = 100;
const CHANNELS = ['sms', 'whatsapp', 'email'] as const;

export interface Answer {
  /** 0 for none at all. */
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Code {
  readonly id: string;
  readonly otp: string;
  readonly identifier: string;
}

/**
 * Callers who ask again until they have an answer, as SIMAS-ID does with a code, and front ends and back ends do with the same
 * `Idempotency-Key`.
 */
export class PersistentClients {
  readonly codes: Code[] = [];
  /** Submissions by the phone number that was handed in. */
  readonly handedIn = new Map<string, string>();
  /** Submissions of people whose pictures were taken and confirmed. */
  readonly confirmed: string[] = [];
  /** Answers by status. */
  readonly statuses = new Map<number, number>();
  /** Requests that no gateway answered: nothing came, or the proxy's own page. */
  unanswered = 0;
  repeats = 0;
  readonly #running: Promise<void>[] = [];
  readonly #picture = sampleImage();
  #stopped = false;
  #count = 0;

  constructor(
    private readonly url: string,
    private readonly tokenOf: (phoneNumber: string) => string,
  ) {}

  start(): void {
    const kinds: [number, () => Promise<void>][] = [
      [3, () => this.#sendCode()],
      [4, () => this.#handIn()],
      [2, () => this.#verify()],
    ];
    for (const [clients, act] of kinds)
      for (let client = 0; client < clients; client += 1) this.#running.push(this.#repeat(act));
  }

  /** Nobody begins anything new; what was begun is finished. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  /** One request. */
  async ask(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: object | Buffer,
  ): Promise<Answer> {
    const isJson = body !== undefined && !Buffer.isBuffer(body);
    const answer: Answer = await fetch(this.url + path, {
      method,
      headers: { ...headers, 'content-type': isJson ? 'application/json' : 'image/png' },
      body: Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body),
      signal: AbortSignal.timeout(WITHIN_MS),
    })
      .then(async (response) => ({ status: response.status, body: objectOf(await response.text()) }))
      .catch(() => ({ status: 0, body: {} }));
    this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1);
    if (answer.status === 0 || (answer.status >= 500 && answer.body['code'] === undefined))
      this.unanswered += 1;
    return answer;
  }

  /** The same request until it is answered: as it was taken, or refused for good. */
  async #insist(...request: Parameters<PersistentClients['ask']>): Promise<Answer> {
    for (;;) {
      const answer = await this.ask(...request);
      if (answer.status !== 0 && answer.status < 500 && answer.body['code'] !== 'idempotency_in_progress')
        return answer;
      this.repeats += 1;
      await sleep(TRY_AGAIN_MS);
    }
  }

  async #repeat(act: () => Promise<void>): Promise<void> {
    while (!this.#stopped) await act();
  }

  async #sendCode(): Promise<void> {
    const number = this.#count++;
    const otp = `K${String(number).padStart(6, '0')}`;
    const channel = CHANNELS[number % CHANNELS.length] ?? 'sms';
    const identifier = channel === 'email' ? `${otp}@example.org` : `62811${10_000_000 + number}`;
    const headers = { authorization: otpSender(UNIT) };
    const { status, body } = await this.#insist('POST', '/v1/webhooks/otp', headers, {
      identifier,
      otp,
      channel,
    });
    expectStatus(status, 200);
    this.codes.push({ id: String(body['id']), otp, identifier });
    await sleep(100);
  }

  async #handIn(): Promise<void> {
    const phoneNumber = `62812${10_000_000 + this.#count++}`;
    const headers = { authorization: backOffice(UNIT), 'idempotency-key': randomUUID() };
    const { status, body } = await this.#insist('POST', '/v1/common-kyc', headers, {
      ...{ phoneNumber, fullName: 'Budi Santoso', email: '', dateOfBirth: '1990-01-01' },
      nik: `317101010190${phoneNumber.slice(-4)}`,
    });
    expectStatus(status, 202);
    this.handedIn.set(phoneNumber, String(body['submissionId']));
    await sleep(100);
  }

  async #verify(): Promise<void> {
    const token = { authorization: `Bearer ${this.tokenOf(`62813${10_000_000 + this.#count++}`)}` };
    const key = { 'idempotency-key': randomUUID() };
    const order = { submissionType: 'KTP_SCAN' };
    const created = await this.#insist('POST', '/v1/gtf/submissions', { ...token, ...key }, order);
    expectStatus(created.status, 201);
    const { submissionId, documents } = created.body as {
      submissionId: string;
      documents: { type: string }[];
    };
    const path = `/v1/gtf/submissions/${submissionId}`;
    for (const { type } of documents) {
      const uploaded = await this.#insist('PUT', `${path}/documents/${type}`, token, this.#picture);
      expectStatus(uploaded.status, 200);
    }
    const confirmed = await this.#insist('POST', `${path}/confirm`, token, {});
    expectStatus(confirmed.status, 202);
    this.confirmed.push(submissionId);
  }
}

function objectOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function expectStatus(status: number, wanted: number): void {
  if (status !== wanted) throw new Error(`a client was answered ${status} and not ${wanted}`);
}
