import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Authenticator, type PartnerCaller, type ProofDocumentation } from '../../../auth';
import { equalInConstantTime } from '../../../platform/crypto';
import { readBody } from '../../../platform/http';
import { refuseReceipt, unitOf } from '../receipt';
import { type WhatsappSettings, whatsappSettings } from './whatsapp.settings';

/** Meta puts many receipts into one notification; as the contract caps callbacks (§6, Wire). */
export const MAX_WHATSAPP_RECEIPTS_BYTES = 262_144;

const HEADER = 'x-hub-signature-256';
const SIGNATURE = /^sha256=[0-9a-f]{64}$/;

/** Meta signs each receipt's raw bytes with the unit's app secret (otp-channels.md §1). */
@Injectable()
export class WhatsappSignature extends Authenticator<PartnerCaller> {
  static readonly documentation: ProofDocumentation = {
    scheme: {
      name: 'whatsapp-signature',
      definition: { type: 'apiKey', in: 'header', name: 'X-Hub-Signature-256', description: 'Made by Meta' },
    },
    refusals: [[401, 'unauthorized', "the signature is missing or not made with the unit's app secret"]],
  };

  readonly challenge = null;

  constructor(@Inject(whatsappSettings.token) private readonly settings: WhatsappSettings) {
    super();
  }

  override presented(request: FastifyRequest): boolean {
    return request.headers[HEADER] !== undefined;
  }

  override async authenticate(request: FastifyRequest): Promise<PartnerCaller> {
    const given = String(request.headers[HEADER]);
    if (!SIGNATURE.test(given)) throw refuseReceipt(request, 'signature_malformed');
    const businessUnit = unitOf(request);
    const account = this.settings.forUnit(businessUnit);
    // Read for unknown units as well: when the answer comes must not tell which units there are.
    const body = await readBody(request, MAX_WHATSAPP_RECEIPTS_BYTES);
    if (account === null) throw refuseReceipt(request, 'unit_without_provider');
    const digest = createHmac('sha256', account.WHATSAPP_APP_SECRET.reveal()).update(body).digest('hex');
    if (!equalInConstantTime(given, `sha256=${digest}`)) throw refuseReceipt(request, 'signature_wrong');
    return { kind: 'partner', businessUnit, partner: 'whatsapp' };
  }
}
