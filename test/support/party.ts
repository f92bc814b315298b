import { randomUUID } from 'node:crypto';
import type { ApiDocument, Operation } from './api-document';
import { eventually } from './eventually';
import { customer, type Customer, officerTokenOf, verified } from './submission-story';
import { backOffice, otpSender, type TestGateway } from './test-gateway';

/** A person with the unit that serves them, and everything that exists of the two. */
export interface Party {
  readonly person: Customer;
  /** `Authorization` by the document's security scheme. */
  readonly credentials: Readonly<Record<string, string>>;
  /** What the person sees: submissions made with their own token. */
  readonly own: readonly string[];
  /** What only the back office sees: submissions it made, deliveries. */
  readonly office: readonly string[];
}

/** One of everything. */
export async function party(gateway: TestGateway, unit: string, person = customer(unit)): Promise<Party> {
  const credentials = {
    user: `Bearer ${officerTokenOf(gateway, person)}`,
    'back-office': backOffice(unit),
    'otp-webhook': otpSender(unit),
  };
  const made = async (scheme: keyof typeof credentials, path: string, body: object): Promise<string> => {
    const answer = await gateway.http.post(path).set('Authorization', credentials[scheme]).send(body);
    const { submissionId, id } = answer.body as { submissionId?: string; id?: string };
    const one = submissionId ?? id;
    if (one === undefined) throw new Error(`${path} answered ${answer.status} ${answer.text}`);
    return one;
  };
  const { phoneNumber } = person;
  const own = [
    await made('user', '/v1/gtf/submissions', { submissionType: 'KTP_SCAN' }),
    await made('user', '/v1/gtf/flows', { flow: 'KTP_SCAN', source: 'SDK' }),
    await made('user', '/v1/gtf/identity-verifications', { source: 'SDK', verificationReferenceId: 'otp-1' }),
    await made('user', '/v1/satusehat/validation-urls', { agentName: 'Siti', agentNik: '3171014101900002' }),
    (await verified(gateway, person)).id,
  ];
  const kyc = {
    phoneNumber,
    fullName: 'BUDI',
    nik: '3171010101900001',
    dateOfBirth: '1990-01-01',
    email: '',
  };
  const office = [
    await made('back-office', '/v1/common-kyc', kyc),
    await made('otp-webhook', '/v1/webhooks/otp', { identifier: phoneNumber, otp: '123456', channel: 'sms' }),
    await eventDelivery(gateway, unit),
  ];
  return { person, credentials, own, office };
}

/** An event that the unit's own back end was told of. */
async function eventDelivery(gateway: TestGateway, unit: string): Promise<string> {
  const newest = async (): Promise<string | undefined> => {
    const answer = await gateway.http
      .get('/v1/event-deliveries?limit=1')
      .set('Authorization', backOffice(unit));
    return (answer.body as { data: { id: string }[] }).data[0]?.id;
  };
  const id = await eventually(newest, (found) => found !== undefined);
  if (id === undefined) throw new Error('the unit was told of no event');
  return id;
}

/** Values for the inputs of a route, in its path, query or body. */
export type Inputs = Readonly<Record<string, string>>;

export interface Answered {
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

/** Calls routes with what the document shows, but for the inputs that are given. */
export class Caller {
  constructor(
    private readonly gateway: TestGateway,
    private readonly document: ApiDocument,
  ) {}

  async call(operation: Operation, authorization: string, inputs: Inputs = {}): Promise<Answered> {
    const parameters = operation.parameters ?? [];
    const value = (name: string): string => {
      const shown = parameters.find((parameter) => parameter.name === name);
      const example: unknown = shown?.example ?? shown?.schema?.example ?? shown?.schema?.enum?.[0];
      return inputs[name] ?? (typeof example === 'string' ? example : randomUUID());
    };
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) =>
      encodeURIComponent(value(name)),
    );
    const query = parameters
      .filter(({ in: where, name, required }) => where === 'query' && (required === true || name in inputs))
      .map(({ name }) => `${name}=${encodeURIComponent(value(name))}`);
    const [example] = this.document.examples(operation);
    const fields = this.bodyFields(operation);
    const given = Object.fromEntries(Object.entries(inputs).filter(([name]) => fields.includes(name)));
    const body = example === undefined ? undefined : JSON.stringify({ ...(example as object), ...given });
    const response = await fetch(
      `${this.gateway.url}${path}${query.length > 0 ? `?${query.join('&')}` : ''}`,
      {
        method: operation.method,
        headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body }),
      },
    );
    const contentType = response.headers.get('content-type');
    if (contentType !== 'text/event-stream; charset=utf-8' && contentType !== 'text/event-stream')
      return { status: response.status, contentType, text: await response.text() };
    await response.body?.cancel();
    return { status: response.status, contentType, text: '' };
  }

  /** Every name by which a caller can say something: path, query, body. Headers are the protocol's. */
  inputs({ parameters, ...operation }: Operation): string[] {
    const named = (parameters ?? []).filter(({ in: where }) => where !== 'header').map(({ name }) => name);
    return [...new Set([...named, ...this.bodyFields(operation as Operation)])];
  }

  bodyFields({ requestBody }: Operation): string[] {
    return Object.keys(this.document.properties(requestBody?.content['application/json']?.schema));
  }
}
