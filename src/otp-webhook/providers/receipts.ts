import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Authenticator, type PartnerCaller } from '../../auth';
import { equalInConstantTime } from '../../platform/crypto';
import { GatewayError } from '../../platform/errors';
import { Accepts, noteForLog, readBody, type Refusal, Refuses } from '../../platform/http';
import type { Outcome } from './otp-provider';

/** What a provider reports of a message, later. */
export interface Receipt {
  /** The provider's name in the registry. */
  readonly provider: string;
  readonly messageId: string;
  /** The delivery it names, when the provider hands back what we sent along. */
  readonly deliveryId: string | undefined;
  readonly status: ReceiptStatus;
  /** Of a failure: what the provider's code means, and the code. */
  readonly outcome: Outcome;
  readonly errorCode: string | undefined;
}

/** Forward only, in this order: a message that failed on one device and arrived on another has arrived. */
export const RECEIPT_STATUSES = ['sent', 'failed', 'delivered', 'read'] as const;
export type ReceiptStatus = (typeof RECEIPT_STATUSES)[number];

/** Takes the receipts that providers' routes have read. */
export abstract class Receipts {
  /**
   * Applies each receipt on its own: where one cannot be applied, the others are, and the provider sends all of them again.
   * Repeated, reordered, foreign or unknown receipts change nothing that was known better.
   */
  abstract apply(businessUnit: string, receipts: readonly Receipt[]): Promise<void>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The text when it may be one of our ids. */
export function asDeliveryId(text: unknown): string | undefined {
  return typeof text === 'string' && UUID.test(text) ? text : undefined;
}

interface SignatureScheme {
  /** The provider's name. */
  readonly partner: string;
  readonly header: string;
  readonly shape: RegExp;
  readonly maxBytes: number;
}

/**
 * Proof by a signature over a report's raw bytes, made with a secret of the unit that the address names. What cannot be the provider's is
 * refused before the report is taken apart.
 */
export abstract class SignedReceipts<Account> extends Authenticator<PartnerCaller> {
  readonly challenge = null;

  constructor(
    private readonly settings: { readonly forUnit: (businessUnit: string) => Account | null },
    private readonly scheme: SignatureScheme,
  ) {
    super();
  }

  override presented(request: FastifyRequest): boolean {
    return request.headers[this.scheme.header] !== undefined;
  }

  override async authenticate(request: FastifyRequest): Promise<PartnerCaller> {
    const { partner, header, shape, maxBytes } = this.scheme;
    const given = String(request.headers[header]);
    if (!shape.test(given)) throw refuseReceipt(request, 'signature_malformed');
    const businessUnit = unitOf(request);
    const account = this.settings.forUnit(businessUnit);
    // Read for unknown units as well: when the answer comes must not tell which units there are.
    const body = await readBody(request, maxBytes);
    if (account === null) throw refuseReceipt(request, 'unit_without_provider');
    if (!this.signatures(account, request, body).some((right) => equalInConstantTime(given, right)))
      throw refuseReceipt(request, 'signature_wrong');
    return { kind: 'partner', businessUnit, partner };
  }

  /** Any of them proves the report. */
  protected abstract signatures(account: Account, request: FastifyRequest, body: Buffer): readonly string[];
}

/** The unit that the receipt's address names; the proof proves it. */
export function unitOf(request: FastifyRequest): string {
  const { businessUnit } = request.params as { readonly businessUnit?: string };
  return businessUnit ?? '';
}

/** The refusal of a receipt; the reason stands in the request's log line alone. */
export function refuseReceipt(
  request: FastifyRequest,
  reason: 'signature_malformed' | 'unit_without_provider' | 'signature_wrong',
): GatewayError {
  noteForLog(request, { reason });
  return new GatewayError(401, 'unauthorized', 'The signature does not belong to this request.');
}

/** What every route for receipts does and says; a handler that takes a body gets its raw bytes, at most `maxBytes`. */
export function ReceiptsRoute(route: {
  readonly summary: string;
  /** When it is 400. */
  readonly unreadable: string;
  readonly maxBytes?: number;
}): MethodDecorator {
  const { summary, unreadable, maxBytes = 0 } = route;
  const tooLarge: Refusal = [413, 'payload_too_large', `more than ${maxBytes / 1024} KiB`];
  return applyDecorators(
    HttpCode(200),
    Accepts({ kind: 'raw', limitBytes: maxBytes, ignoreUnknown: true }),
    ApiOperation({
      summary,
      description:
        'Receipts of unknown messages, repeats and late ones are answered alike and change nothing.',
    }),
    ApiOkResponse({ description: 'Taken' }),
    Refuses([400, 'invalid_request', unreadable], ...(maxBytes > 0 ? [tooLarge] : []), [
      503,
      'temporarily_unavailable',
      'the database is away',
    ]),
  );
}
