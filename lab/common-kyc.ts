import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { basicCredentials } from './basic-credentials';
import { labCredentials } from './credentials';
import { MessageLog } from './message-log';
import { PartnerServer, type PartnerOptions } from './partner-server';

const FIELDS = ['client_id', 'phone_number', 'full_name', 'nik', 'date_of_birth', 'email'] as const;

/** What a business unit stores, in the partner's spelling. */
export type CommonKycStore = Record<(typeof FIELDS)[number], string>;

/** A stored record in the partner's spelling. */
export interface CommonKycRecord extends CommonKycStore {
  id: string;
  /** `YYYY-MM-DDTHH:MM:SSZ`; an update keeps it. */
  created_at: string;
}

/** SIMAS-ID's store of approved KYC data, which the business units share. */
export class CommonKycLab extends PartnerServer {
  readonly #records: MessageLog<CommonKycRecord>;
  readonly #accepted: CommonKycStore[] = [];

  constructor(private readonly options: PartnerOptions) {
    super({ plays: 'Common KYC' });
    this.#records = new MessageLog(options.snapshotFile, Infinity);
    this.app.post('/v1/common-kyc', ({ headers, body }, reply) =>
      this.#store(headers.authorization, body, reply),
    );
    this.app.get<{ Querystring: { phone_number?: string } }>('/v1/common-kyc', ({ headers, query }, reply) =>
      this.#find(headers.authorization, query.phone_number, reply),
    );
  }

  /** One record a client and phone number. */
  records(): readonly CommonKycRecord[] {
    return this.#records.all();
  }

  /** Every store it accepted since it started, oldest first. */
  accepted(): readonly CommonKycStore[] {
    return this.#accepted;
  }

  waitForRecord(fits: (record: CommonKycRecord) => boolean, timeoutMs?: number): Promise<CommonKycRecord> {
    return this.#records.waitFor(fits, timeoutMs);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#records.flush();
  }

  #store(authorization: string | undefined, body: unknown, reply: FastifyReply): FastifyReply {
    const client = this.#clientOf(authorization);
    if (client === undefined) return refuse(reply, 401, 'unauthorized');
    const fault = faultOf(body);
    if (fault !== undefined) return refuse(reply, 400, fault);
    const data = pick(body as CommonKycStore);
    if (data.client_id !== client) return refuse(reply, 403, 'client_id is not the caller');
    store(this.#records, data, this.options.now());
    this.#accepted.push(data);
    return reply.send({ meta: meta('store common kyc data success') });
  }

  #find(authorization: string | undefined, phone: string | undefined, reply: FastifyReply): FastifyReply {
    if (this.#clientOf(authorization) === undefined) return refuse(reply, 401, 'unauthorized');
    if (phone === undefined || phone === '') return refuse(reply, 400, 'phone_number is required');
    // The newest of any client: the point of the store is that one unit's approved data pre-fills another's form.
    const data = this.#records.all().findLast(({ phone_number }) => phone_number === phone);
    if (data === undefined) return refuse(reply, 404, 'common kyc data not found');
    return reply.send({ data, meta: meta('get common kyc data success') });
  }

  #clientOf(authorization: string | undefined): string | undefined {
    const given = basicCredentials(authorization);
    return this.options.units
      .map((unit) => labCredentials(unit).commonKyc)
      .find(({ clientId, clientSecret }) => given?.user === clientId && given.password === clientSecret)
      ?.clientId;
  }
}

/** Rejects with `EADDRINUSE` when the port is taken. */
export async function startCommonKycLab(options: PartnerOptions): Promise<CommonKycLab> {
  const lab = new CommonKycLab(options);
  await lab.listen(options.host, options.port);
  return lab;
}

/** An update moves the record to the end, so that the newest of a phone number is the last. */
function store(records: MessageLog<CommonKycRecord>, body: CommonKycStore, now: Date): void {
  const old = records.remove(
    (record) => record.client_id === body.client_id && record.phone_number === body.phone_number,
  );
  records.add({
    id: old?.id ?? randomUUID(),
    ...body,
    created_at: old?.created_at ?? now.toISOString().replace(/\.\d+Z$/, 'Z'),
  });
}

function pick({
  client_id,
  phone_number,
  full_name,
  nik,
  date_of_birth,
  email,
}: CommonKycStore): CommonKycStore {
  return { client_id, phone_number, full_name, nik, date_of_birth, email };
}

function faultOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return 'body is no object';
  const fields = body as Record<string, unknown>;
  const missing = FIELDS.find((field) => typeof fields[field] !== 'string');
  if (missing !== undefined) return `${missing} must be a string`;
  const { phone_number, full_name, nik, date_of_birth } = fields as CommonKycStore;
  if (!/^628\d{7,12}$/.test(phone_number)) return 'phone_number must start with 628';
  if (!/^\d{16}$/.test(nik)) return 'nik must have 16 digits';
  if (full_name.trim() === '' || date_of_birth.trim() === '')
    return 'full_name and date_of_birth are required';
  return undefined;
}

/** The spelling is the partner's own (partner page "BE - BE Call to Store KYC Data"). */
function meta(message: string): Record<string, string> {
  return { id: randomUUID(), status: 'sucess', message };
}

/** The partner publishes no error form; this one keeps the envelope of its successes. */
function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ meta: { id: randomUUID(), status: 'failed', message } });
}
