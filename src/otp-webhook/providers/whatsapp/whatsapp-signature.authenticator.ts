import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ProofDocumentation } from '../../../auth';
import { SignedReceipts } from '../signed-receipts';
import { type WhatsappAccount, type WhatsappSettings, whatsappSettings } from './whatsapp.settings';

/** Meta puts many receipts into one notification; as the contract caps callbacks (§6, Wire). */
export const MAX_WHATSAPP_RECEIPTS_BYTES = 262_144;

/** Meta signs each receipt's raw bytes with the unit's app secret (otp-channels.md §1). */
@Injectable()
export class WhatsappSignature extends SignedReceipts<WhatsappAccount> {
  static readonly documentation: ProofDocumentation = {
    scheme: {
      name: 'whatsapp-signature',
      definition: { type: 'apiKey', in: 'header', name: 'X-Hub-Signature-256', description: 'Made by Meta' },
    },
    refusals: [[401, 'unauthorized', "the signature is missing or not made with the unit's app secret"]],
  };

  constructor(@Inject(whatsappSettings.token) settings: WhatsappSettings) {
    super(settings, {
      partner: 'whatsapp',
      header: 'x-hub-signature-256',
      shape: /^sha256=[0-9a-f]{64}$/,
      maxBytes: MAX_WHATSAPP_RECEIPTS_BYTES,
    });
  }

  protected override signatures(account: WhatsappAccount, _request: FastifyRequest, body: Buffer): string[] {
    const digest = createHmac('sha256', account.WHATSAPP_APP_SECRET.reveal()).update(body).digest('hex');
    return [`sha256=${digest}`];
  }
}
