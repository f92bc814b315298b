import { randomUUID } from 'node:crypto';
import { labCredentials } from '../../../lab';
import { newPhone } from '../../support/otp-desk';
import { backOffice, basic } from '../../support/test-gateway';
import type { Behind, Stage } from './stage';

/** An answer to a caller of the gateway. */
export interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: string | undefined;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Somebody's call, which may be repeated as they would after a failure. `id`: under which the log has it. */
export type Call = (id: string) => Promise<Answer>;

/** What a caller waits for: one call of the gateway that makes one call of a partner. */
export interface Operation {
  readonly name: string;
  readonly server: Behind;
  /** Whose people call. */
  readonly unit: string;
  /** The partner's operation, by method and path. */
  readonly path: RegExp;
  /** Everything before the call in question. */
  prepare(stage: Stage, unit: string): Promise<Prepared>;
}

export interface Prepared {
  readonly call: Call;
  /** Types of the events that the ledger has of it by now. */
  events(): Promise<readonly string[]>;
}

interface Request {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly authorization: string;
  readonly body?: object | Buffer;
  /** `Idempotency-Key`: whoever repeats after a failure says that it is the same. */
  readonly key?: string;
}

export async function ask(stage: Stage, asked: Request, id: string): Promise<Answer> {
  const { http } = stage.gateway;
  const { method, path, authorization, body, key } = asked;
  const request = { GET: http.get(path), POST: http.post(path), PUT: http.put(path) }[method]
    .set('authorization', authorization)
    .set('x-request-id', id);
  if (key !== undefined) request.set('idempotency-key', key);
  if (body instanceof Buffer) request.set('content-type', 'image/png');
  const answer = await (body === undefined ? request : request.send(body));
  return {
    status: answer.status,
    code: (answer.body as { code?: string }).code,
    retryAfter: answer.headers['retry-after'],
    text: answer.text,
    body: answer.body as Answer['body'],
  };
}

/** A person of a unit, in the unit's app. */
export class Person {
  readonly phoneNumber = newPhone();
  readonly #authorization: string;

  constructor(
    private readonly stage: Stage,
    private readonly unit: string,
  ) {
    this.#authorization = `Bearer ${stage.lab.simasId.mintToken({ unit, phoneNumber: this.phoneNumber })}`;
  }

  call(method: Request['method'], path: string, body?: object | Buffer): Call {
    const creates = method === 'POST' && body !== undefined;
    const given = { ...(body === undefined ? {} : { body }), ...(creates ? { key: randomUUID() } : {}) };
    return (id) => ask(this.stage, { method, path, authorization: this.#authorization, ...given }, id);
  }

  /** A call that succeeds. */
  async does(method: Request['method'], path: string, body?: object | Buffer): Promise<Answer['body']> {
    const answer = await this.call(method, path, body)(randomUUID());
    if (answer.status > 299) throw new Error(`${method} ${path} answered ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** Events of all of their submissions. */
  readonly events = async (): Promise<readonly string[]> => {
    const { data } = (await this.does('GET', '/v1/submissions')) as { data: { submissionId: string }[] };
    const sql = `SELECT type FROM kyc_event WHERE business_unit = $1 AND submission_id = ANY ($2) ORDER BY seq`;
    const ids = data.map(({ submissionId }) => submissionId);
    return (await this.stage.gateway.query<{ type: string }>(sql, [this.unit, ids])).map(({ type }) => type);
  };
}

/** A call of a person's that needs no preparation. */
export function personal(method: Request['method'], path: string, body?: object): Operation['prepare'] {
  return (stage, unit) => {
    const person = new Person(stage, unit);
    return Promise.resolve({ call: person.call(method, path, body), events: person.events });
  };
}

/** A record that is at Common KYC already. */
export async function stored({ lab }: Stage, unit: string, phoneNumber: string): Promise<void> {
  const { clientId, clientSecret } = labCredentials(unit).commonKyc;
  const kyc = { full_name: 'SITI', nik: '3171010101900001', date_of_birth: '1990-01-01', email: '' };
  const { status } = await fetch(`${lab.urls.commonKyc}/v1/common-kyc`, {
    method: 'POST',
    headers: { authorization: basic(clientId, clientSecret), 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: clientId, phone_number: phoneNumber, ...kyc }),
  });
  if (status !== 200) throw new Error(`Common KYC answered ${status}`);
}

/** What the back office does; `events`: of these types, since now. */
export function office(path: string, body: object, events: string): Operation['prepare'] {
  return async (stage, unit) => {
    const sql = `SELECT seq, type FROM kyc_event WHERE business_unit = $1 AND type LIKE $2 ORDER BY seq`;
    const all = (): Promise<{ type: string }[]> => stage.gateway.query(sql, [unit, events]);
    const before = (await all()).length;
    const request = {
      method: 'POST',
      path,
      authorization: backOffice(unit),
      body,
      key: randomUUID(),
    } as const;
    return {
      call: (id) => ask(stage, request, id),
      events: async () => (await all()).slice(before).map(({ type }) => type),
    };
  };
}
