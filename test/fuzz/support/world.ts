import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { labCredentials } from '../../../lab';
import { sampleImage } from '../../../lab/gtf';
import { twilioSignature } from '../../../lab/twilio/status-callback';
import { faultOf } from '../../support/documented-answers';
import { type Party, party } from '../../support/party';
import { resolved } from '../../support/reference';
import { customer, type Customer } from '../../support/submission-story';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../../support/test-gateway';
import type { Operation, Order, Specials } from './requests';
import { SchemaArbitraries } from './schema-arbitrary';

/** Nobody is refused for asking often: what is generated asks thousands of times. */
const UNLIMITED = {
  ...{ GTF_LIMIT_PER_PERSON_PER_DAY: '0', SATUSEHAT_LIMIT_PER_OFFICER_PER_HOUR: '0' },
  ...{
    OTP_LIMIT_PER_10_MINUTES: '0',
    OTP_LIMIT_PER_DAY: '0',
    MAX_CONNECTIONS_PER_ADDRESS: '0',
    LOG_LEVEL: 'info',
  },
  BU_SIMINVEST_SMS_PROVIDER: 'verihubs',
};
/** Decide about people, or forget them: each has a person of its own, who is used up by it. */
const DESTRUCTIVE = ['approveSubmission', 'rejectSubmission', 'erasePerson'];
/** Whose business unit reports by Verihubs. */
const VERIHUBS_UNIT = 'siminvest';

let addresses = 0;
/** Whose proofs are refused often is held back: an address nobody came from before. */
export function elsewhere(): string {
  addresses += 1;
  return `10.${addresses >> 16}.${(addresses >> 8) & 255}.${addresses & 255}`;
}

export interface Outcome {
  readonly status: number;
  readonly text: string;
  /** Why the document does not promise this answer. */
  readonly fault: string | undefined;
}

/** A gateway with people in it, and somebody who may call each of its routes. */
export class FuzzWorld {
  readonly schemas: SchemaArbitraries;

  private constructor(
    readonly gateway: TestGateway,
    readonly document: object,
    readonly operations: readonly Operation[],
    /** Some are decided about and forgotten. */
    readonly people: { readonly lasting: Party; readonly doomed: readonly Party[] },
    private readonly cursors: Readonly<Record<string, string>>,
  ) {
    this.schemas = new SchemaArbitraries(document);
  }

  /** @param who whom most requests are about */
  static async create(
    { environment, units }: Pick<TestGatewayOptions, 'environment' | 'units'> = {},
    who: Customer = customer('nanovest'),
  ): Promise<FuzzWorld> {
    const gateway = await startTestGateway({
      environment: { ...UNLIMITED, ...environment },
      ...(units === undefined ? {} : { units }),
    });
    const document = JSON.parse(readFileSync('openapi.json', 'utf8')) as object;
    const lasting = await party(gateway, who.unit, who);
    const doomed: Party[] = [];
    while (doomed.length < DESTRUCTIVE.length) doomed.push(await party(gateway, 'nanovest'));
    const operations = operationsOf(document);
    const cursors: Record<string, string> = {};
    for (const { operationId, method, path, parameters } of operations)
      if (method === 'GET' && parameters.some(({ name }) => name === 'cursor')) {
        const address = path.replace('{id}', lasting.own.at(-1) ?? '');
        const { body } = await gateway.http
          .get(`${address}?limit=1`)
          .set('authorization', lasting.credentials['back-office'] ?? '');
        cursors[operationId] = (body as { nextCursor: string }).nextCursor;
      }
    return new FuzzWorld(gateway, document, operations, { lasting, doomed }, cursors);
  }

  /** What the document says in words: whose number, which page, which origin. */
  specials({ operationId }: Operation): Specials {
    const own = DESTRUCTIVE.indexOf(operationId);
    const people = own < 0 ? [this.people.lasting] : this.people.doomed.slice(own, own + 1);
    const ids = people.flatMap((one) => [...one.own, ...one.office]);
    const verified = people.map((one) => one.own.at(-1) ?? '');
    const numbers = people.map(({ person }) => person.phoneNumber);
    const page = fc
      .stringMatching(/^[a-z]{1,9}(\/[a-z0-9%.~-]{0,9})?$/)
      .map((path) => `https://nanovest.example/${path}`);
    const cursor = this.cursors[operationId === 'searchSubmissions' ? 'listSubmissions' : operationId];
    const { whatsapp } = labCredentials('nanovest');
    return {
      id: fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...ids) },
        { weight: own < 0 ? 1 : 8, arbitrary: fc.constantFrom(...verified) },
        fc.uuid(),
      ),
      'If-Match': fc.constantFrom('*', '*', '*', '"1"', 'W/"1"', 'x'),
      'uploadDocument.id': often(this.people.lasting.own[0]),
      'getOtpDelivery.id': often(this.people.lasting.office[1]),
      'retryEventDelivery.id': often(this.people.lasting.office[2]),
      // From further back, the deliveries that others ask for would be made anew, with ids of their own.
      'replayEvents.afterSeq': fc.integer({ min: 1_000_000, max: 999_999_999_999_999 }),
      ...(cursor === undefined ? {} : { cursor: fc.constant(cursor) }),
      wait: fc.constantFrom(0, 0, 0, 0, 1),
      successRedirectionUrl: page,
      failureRedirectionUrl: page,
      'startIdentityVerification.phoneNumber': fc.constant(this.people.lasting.person.phoneNumber),
      'startIdentityVerification.email': fc.constant(undefined),
      'getPerson.idOrPhoneNumber': fc.constantFrom(...numbers, '0812 3456 7890'),
      'erasePerson.idOrPhoneNumber': fc.constantFrom(...numbers, '+62-812-3456-7890'),
      'getCommonKycRecord.phoneNumber': fc.constantFrom(...numbers, '081234567890'),
      'uploadDocument.body': fc.constant(sampleImage()),
      'uploadDocument.type': fc.constantFrom('KTP', 'KTP', 'KTP', 'SELFIE', 'ktp', '身分'),
      'Idempotency-Key': fc.uuid(),
      businessUnit: fc.constant(operationId.includes('Verihubs') ? VERIHUBS_UNIT : 'nanovest'),
      'hub.mode': fc.constant('subscribe'),
      'hub.verify_token': fc.constant(whatsapp.verifyToken),
      token: fc.constant('proof'),
    };
  }

  /** Sends it with the proof that its route wants. @param asOffice where both a person and a back office may ask */
  async send(operation: Operation, order: Order, asOffice: boolean): Promise<Outcome> {
    const { method } = operation;
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(name === 'token' ? this.#verihubsToken(order) : (order.path[name] ?? '')),
    );
    const query = order.query.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
    const url = `${this.gateway.url}${path}${query === '' ? '' : `?${query}`}`;
    const [media] = Object.keys(operation.requestBody?.content ?? {});
    const body = order.raw ?? bytesOf(order.body, media);
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        ...(body === undefined || media === undefined ? {} : { 'content-type': media }),
        ...this.proof(operation, asOffice, url, order, body),
        ...order.headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const { status, headers } = response;
    const type = headers.get('content-type') ?? '';
    const isStream = type.startsWith('text/event-stream');
    const text = isStream ? '' : await response.text();
    if (isStream) await response.body?.cancel();
    const header = (name: string): string | undefined => headers.get(name) ?? undefined;
    return {
      status,
      text,
      fault: isStream ? undefined : faultOf({ method, url, status, type, text, header }),
    };
  }

  proof(
    operation: Operation,
    asOffice: boolean,
    url: string,
    order: Order,
    body: unknown,
  ): Record<string, string> {
    const schemes = (operation.security ?? []).flatMap((scheme) => Object.keys(scheme));
    const scheme = asOffice ? schemes.at(-1) : schemes[0];
    if (scheme === undefined) return {};
    const unit = labCredentials('nanovest');
    switch (scheme) {
      case 'gtf-callback':
        return { [unit.gtfCallback.header]: unit.gtfCallback.value };
      case 'whatsapp-signature': {
        const digest = createHmac('sha256', unit.whatsapp.appSecret).update(String(body)).digest('hex');
        return { 'x-hub-signature-256': `sha256=${digest}` };
      }
      case 'twilio-signature': {
        const form = order.body as Record<string, string>;
        return { 'x-twilio-signature': twilioSignature(unit.twilio.authToken, url, form) };
      }
      default: {
        const authorization = this.people.lasting.credentials[scheme];
        if (authorization === undefined) throw new Error(`nobody can prove ${scheme}`);
        return { authorization };
      }
    }
  }

  #verihubsToken({ path }: Order): string {
    const secret =
      this.gateway.environment[`BU_${VERIHUBS_UNIT.toUpperCase()}_VERIHUBS_CALLBACK_SECRET`] ?? '';
    const of = `${path['businessUnit'] ?? ''}/${path['deliveryId'] ?? ''}`;
    return createHmac('sha256', secret).update(of).digest('base64url');
  }
}

const often = (id = ''): fc.Arbitrary<string> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(id) }, fc.uuid());

function bytesOf(body: unknown, media: string | undefined): string | Buffer<ArrayBuffer> | undefined {
  if (body === undefined) return undefined;
  if (Buffer.isBuffer(body)) return Buffer.from(body);
  if (media !== 'application/x-www-form-urlencoded') return JSON.stringify(body);
  return new URLSearchParams(body as Record<string, string>).toString();
}

/** Every operation of the document. */
export function operationsOf(document: object): Operation[] {
  const { paths } = document as { paths: Record<string, Record<string, Omit<Operation, 'method' | 'path'>>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
      parameters: (operation.parameters ?? [])
        .map((one) => resolved(one, document))
        .map((one) => ({ ...one, schema: { description: one.description ?? '', ...one.schema } })),
    })),
  );
}
