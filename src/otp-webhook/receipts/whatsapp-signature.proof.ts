import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CallerProof, type PartnerCaller, type ProofDocumentation } from '../../auth';
import { equalInConstantTime } from '../../platform/crypto';
import { GatewayError } from '../../platform/errors';
import { readBody } from '../../platform/http';
import { ChannelSettings } from '../channels/channel-settings';
import { LARGEST_RECEIPT_BYTES, unitOf } from './receipt-request';

const HEADER = 'x-hub-signature-256';

/** Meta signs each receipt's raw bytes with the unit's app secret (otp-channels.md §1). */
@Injectable()
export class WhatsappSignature extends CallerProof<PartnerCaller> {
  static readonly documentation: ProofDocumentation = {
    scheme: {
      name: 'whatsapp-signature',
      definition: { type: 'apiKey', in: 'header', name: 'X-Hub-Signature-256', description: 'Made by Meta' },
    },
    refusals: [[401, 'unauthorized', "the signature is missing or not made with the unit's app secret"]],
  };

  readonly challenge = null;

  constructor(private readonly accounts: ChannelSettings) {
    super();
  }

  override presented(request: FastifyRequest): boolean {
    return request.headers[HEADER] !== undefined;
  }

  override async prove(request: FastifyRequest): Promise<PartnerCaller> {
    const businessUnit = unitOf(request);
    const account = this.accounts.whatsapp.forUnit(businessUnit);
    const body = await readBody(request, LARGEST_RECEIPT_BYTES);
    // Without an account nothing can be right, and it takes as long to say so.
    const digest = createHmac('sha256', account?.WHATSAPP_APP_SECRET.reveal() ?? '')
      .update(body)
      .digest('hex');
    const right = equalInConstantTime(String(request.headers[HEADER]), `sha256=${digest}`);
    if (account === null || !right)
      throw new GatewayError(401, 'unauthorized', 'The signature does not belong to this body.');
    return { kind: 'partner', businessUnit, partner: 'whatsapp' };
  }
}
