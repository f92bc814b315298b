import fastify from 'fastify';
import { labCredentials } from '../credentials';
import { sampleImage, startGtfLab, type GtfLab, type GtfLabOptions } from './index';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
  readonly text: string;
}
type Headers_ = Record<string, string>;
type Documents = Record<string, { documentUrl: string; documentReference: string; expiryInSeconds: unknown }>;
export type TokenCall = 'v1/coe/partner' | 'v1/esign/partner' | 'v2/coe';

/** A clock that moves only when told to. */
export class Clock {
  #ms = Date.parse('2026-11-02T03:26:13.456Z');
  readonly now = (): Date => new Date(this.#ms);
  advance(seconds: number): void {
    this.#ms += seconds * 1000;
  }
}

/** Processing takes an hour, so that a test decides when it is over (`settle`). */
export function startLab(clock: Clock, options: Partial<GtfLabOptions> = {}): Promise<GtfLab> {
  return startGtfLab({
    host: '127.0.0.1',
    port: 0,
    storagePort: 0,
    units: ['nanovest', 'siminvest'],
    now: clock.now,
    processingMs: 3_600_000,
    ...options,
  });
}

/** Calls the lab as a business unit's back end would, for one person. */
export class BusinessUnit {
  readonly session = 'b719f79b-ae7a-440a-8f9c-5f661ca34e7';

  constructor(
    readonly lab: GtfLab,
    readonly unit = 'nanovest',
    readonly userId = 'person-1',
  ) {}

  /** The person as the business unit names them. */
  get user(): Headers_ {
    return { 'x-partner-user-id': this.userId, 'x-partner-user-id-type': 'SIMAS_ID' };
  }

  authenticate(call: TokenCall, headers: Headers_ = {}): Promise<Answer> {
    const { clientId, passKey, coeOnboardingPartner } = labCredentials(this.unit).gtf;
    const keys = { 'client-id': clientId, 'pass-key': passKey };
    const person = call === 'v2/coe' ? { 'x-onboarding-partner': coeOnboardingPartner, ...this.user } : {};
    return send(`${this.lab.url}/${call}/authentication`, { headers: { ...keys, ...person, ...headers } });
  }

  async token(call: TokenCall): Promise<string> {
    const { json } = await this.authenticate(call);
    return (json['data'] as { token: string }).token;
  }

  async coe(method: string, path: string, body?: unknown, headers: Headers_ = {}): Promise<Answer> {
    const session = { 'x-sdk-session-id': this.session, 'x-partner-session-id': this.session };
    const token = { 'x-onekyc-token': headers['x-onekyc-token'] ?? (await this.token('v2/coe')) };
    return send(this.lab.url + path, json(method, body, { ...session, ...headers, ...token }));
  }

  async create(type: string, headers: Headers_ = {}): Promise<{ id: string; documents: Documents }> {
    const answer = await this.coe(
      'GET',
      `/coe/v1/submissions/urls?submissionType=${type}`,
      undefined,
      headers,
    );
    const data = answer.json['data'] as { submissionId: string; documents: Documents };
    return { id: data.submissionId, documents: data.documents };
  }

  confirm(submissionId: unknown, headers: Headers_ = {}): Promise<Answer> {
    return this.coe('PUT', '/coe/v1/submissions/urls', { submissionId }, headers);
  }

  status(id: string, headers: Headers_ = {}): Promise<Answer> {
    return this.coe('GET', `/coe/v1/submissions/${id}/status`, undefined, headers);
  }

  details(id: string, headers: Headers_ = {}): Promise<Answer> {
    return this.coe('GET', '/coe/v1/submissions', undefined, { 'x-submission-id': id, ...headers });
  }

  /** Created, every document uploaded, confirmed. */
  async submit(type: string, marks: Record<string, string> = {}): Promise<string> {
    const { id, documents } = await this.create(type);
    for (const { documentUrl } of Object.values(documents)) await upload(documentUrl, sampleImage(marks));
    await this.confirm(id);
    return id;
  }

  async initiateSiv(body: Record<string, unknown> = {}, headers: Headers_ = {}): Promise<Answer> {
    const { sivOnboardingPartner } = labCredentials(this.unit).gtf;
    return send(
      `${this.lab.url}/esign-partner/v1/initiate-flow`,
      json(
        'POST',
        { ...SIV_REQUEST, ...body },
        {
          'x-onekyc-token': await this.token('v1/esign/partner'),
          'x-onboarding-partner': sivOnboardingPartner,
          ...this.user,
          'x-partner-session-id': this.session,
          ...headers,
        },
      ),
    );
  }

  async sivDetails(headers: Headers_ = {}): Promise<Answer> {
    const token = await this.token('v1/esign/partner');
    const session = { 'x-onekyc-token': token, 'x-partner-session-id': this.session };
    return send(`${this.lab.url}/esign-partner/v1/submissions`, {
      headers: { ...session, ...this.user, ...headers },
    });
  }
}

/** The guide's own example, with its trailing comma put right. */
export const SIV_REQUEST = {
  flow: 'STANDALONE_IDENTITY_VERIFICATION',
  source: 'SDK',
  successRedirectionUrl: 'http://myserver.com/success-page',
  failureRedirectionUrl: 'http://myserver.com/failure-page',
  additionalDetails: {
    phoneNumber: '628188888889',
    dataVerification: { phoneNumber: { isVerified: true, verificationReferenceId: 'otp-1' } },
  },
};

export function upload(url: string, body: Buffer | string, init: RequestInit = {}): Promise<Answer> {
  return send(url, { method: 'PUT', body, headers: { 'content-type': 'image/png' }, ...init });
}

export async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  const { status, headers } = response;
  return { status, headers, text, json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {} };
}

function json(method: string, body: unknown, headers: Headers_): RequestInit {
  if (body === undefined) return { method, headers };
  return { method, body: JSON.stringify(body), headers: { ...headers, 'content-type': 'application/json' } };
}

export interface Received {
  readonly method: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** Stands in for the gateway: keeps what GTF calls back with and answers as told. */
export class CallbackReceiver {
  readonly received: Received[] = [];
  status = 200;
  readonly #app = fastify({ forceCloseConnections: true });
  url = '';

  async listen(): Promise<this> {
    this.#app.removeAllContentTypeParsers();
    this.#app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    this.#app.all('/coe/submissions-callback', (request, reply) => {
      const { authorization } = request.headers;
      this.received.push({ method: request.method, authorization, body: request.body as string });
      return reply.code(this.status).send({});
    });
    this.url = await this.#app.listen({ host: '127.0.0.1', port: 0 });
    return this;
  }

  /** The bodies, parsed. */
  get bodies(): Record<string, unknown>[] {
    return this.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  }

  close(): Promise<void> {
    return this.#app.close();
  }
}
