import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { basicCredentials } from './basic-credentials';
import { labCredentials } from './credentials';
import type { FaultQueue } from './faults';
import { MessageLog } from './message-log';
import { PartnerServer, type PartnerOptions, type SeenRequest } from './partner-server';

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
export interface CommonKycLab {
  readonly url: string;
  readonly faults: FaultQueue;
  requests(pathPrefix?: string): readonly SeenRequest[];
  /** One record a client and phone number. */
  records(): readonly CommonKycRecord[];
  /** Every store it accepted since it started, oldest first. */
  accepted(): readonly CommonKycStore[];
  waitForRecord(fits: (record: CommonKycRecord) => boolean, timeoutMs?: number): Promise<CommonKycRecord>;
  close(): Promise<void>;
}

export async function startCommonKycLab(options: PartnerOptions): Promise<CommonKycLab> {
  const records = new MessageLog<CommonKycRecord>(options.snapshotFile, Infinity);
  const accepted: CommonKycStore[] = [];
  const server = new PartnerServer();
  const clientOf = (request: FastifyRequest): string | undefined => {
    const given = basicCredentials(request.headers.authorization);
    return options.units
      .map((unit) => labCredentials(unit).commonKyc)
      .find(({ clientId, clientSecret }) => given?.user === clientId && given.password === clientSecret)
      ?.clientId;
  };

  server.app.post('/v1/common-kyc', (request, reply) => {
    const client = clientOf(request);
    if (client === undefined) return refuse(reply, 401, 'unauthorized');
    const fault = faultOf(request.body);
    if (fault !== undefined) return refuse(reply, 400, fault);
    const body = pick(request.body as CommonKycStore);
    if (body.client_id !== client) return refuse(reply, 403, 'client_id is not the caller');
    store(records, body, options.now());
    accepted.push(body);
    return { meta: meta('store common kyc data success') };
  });

  server.app.get<{ Querystring: { phone_number?: string } }>('/v1/common-kyc', (request, reply) => {
    if (clientOf(request) === undefined) return refuse(reply, 401, 'unauthorized');
    const phone = request.query.phone_number;
    if (phone === undefined || phone === '') return refuse(reply, 400, 'phone_number is required');
    // The newest of any client: the point of the store is that one unit's approved data pre-fills another's form.
    const found = records.all().findLast(({ phone_number }) => phone_number === phone);
    if (found === undefined) return refuse(reply, 404, 'common kyc data not found');
    return { data: found, meta: meta('get common kyc data success') };
  });

  await server.listen(options.host, options.port);
  return {
    url: server.url,
    faults: server.faults,
    requests: (prefix) => server.requests(prefix),
    records: () => records.all(),
    accepted: () => accepted,
    waitForRecord: (fits, timeoutMs) => records.waitFor(fits, timeoutMs),
    close: async () => {
      await server.close();
      await records.flush();
    },
  };
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
