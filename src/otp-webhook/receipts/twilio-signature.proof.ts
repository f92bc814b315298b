import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CallerProof, type PartnerCaller, type ProofDocumentation } from '../../auth';
import { type PlatformSettings, platformSettings, publicUrl } from '../../platform/config';
import { equalInConstantTime } from '../../platform/crypto';
import { GatewayError } from '../../platform/errors';
import { readBody } from '../../platform/http';
import { ChannelSettings } from '../channels/channel-settings';
import { LARGEST_RECEIPT_BYTES, unitOf } from './receipt-request';

const HEADER = 'x-twilio-signature';

/** Twilio signs its own address and the form's fields with the unit's auth token (otp-channels.md §2.1). */
@Injectable()
export class TwilioSignature extends CallerProof<PartnerCaller> {
  static readonly documentation: ProofDocumentation = {
    scheme: {
      name: 'twilio-signature',
      definition: { type: 'apiKey', in: 'header', name: 'X-Twilio-Signature', description: 'Made by Twilio' },
    },
    refusals: [[401, 'unauthorized', "the signature is missing or not made with the unit's auth token"]],
  };

  readonly challenge = null;
  readonly #publicUrl: string;

  constructor(
    private readonly accounts: ChannelSettings,
    @Inject(platformSettings.token) platform: PlatformSettings,
  ) {
    super();
    this.#publicUrl = publicUrl(platform);
  }

  override presented(request: FastifyRequest): boolean {
    return request.headers[HEADER] !== undefined;
  }

  override async prove(request: FastifyRequest): Promise<PartnerCaller> {
    const businessUnit = unitOf(request);
    const account = this.accounts.twilio.forUnit(businessUnit);
    const form = new URLSearchParams((await readBody(request, LARGEST_RECEIPT_BYTES)).toString('utf8'));
    // What Twilio was told to call, not what a proxy made of it.
    const signed = `${this.#publicUrl}${request.url}${fields(form)}`;
    const digest = createHmac('sha1', account?.TWILIO_AUTH_TOKEN.reveal() ?? '')
      .update(signed)
      .digest('base64');
    const right = equalInConstantTime(String(request.headers[HEADER]), digest);
    if (account === null || !right)
      throw new GatewayError(401, 'unauthorized', 'The signature does not belong to this request.');
    return { kind: 'partner', businessUnit, partner: 'twilio' };
  }
}

/** Names and values without separators, in the names' order. */
function fields(form: URLSearchParams): string {
  return [...form]
    .sort(([left], [right]) => (left < right ? -1 : Number(left > right)))
    .map(([name, value]) => name + value)
    .join('');
}
