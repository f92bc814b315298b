import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Authenticator, type PartnerCaller, type ProofDocumentation } from '../../../auth';
import { type PlatformSettings, platformSettings, publicUrl } from '../../../platform/config';
import { equalInConstantTime } from '../../../platform/crypto';
import { readBody } from '../../../platform/http';
import { refuseReceipt, unitOf } from '../receipt';
import { type TwilioSettings, twilioSettings } from './twilio.settings';

/** One receipt is about 500 bytes in a dozen fields. */
export const MAX_SMS_RECEIPT_BYTES = 16_384;
const MAX_FIELDS = 100;

const HEADER = 'x-twilio-signature';
const SIGNATURE = /^[A-Za-z0-9+/]{27}=$/;

/**
 * Twilio signs the address it was told to call and the form's fields with the unit's auth token (otp-channels.md §2.1). What cannot be
 * Twilio's is refused before the form is taken apart.
 */
@Injectable()
export class TwilioSignature extends Authenticator<PartnerCaller> {
  static readonly documentation: ProofDocumentation = {
    scheme: {
      name: 'twilio-signature',
      definition: { type: 'apiKey', in: 'header', name: 'X-Twilio-Signature', description: 'Made by Twilio' },
    },
    refusals: [[401, 'unauthorized', "the signature is missing or not made with the unit's auth token"]],
  };

  readonly challenge = null;
  readonly #publicUrls: readonly string[];

  constructor(
    @Inject(twilioSettings.token) private readonly settings: TwilioSettings,
    @Inject(platformSettings.token) platform: PlatformSettings,
  ) {
    super();
    this.#publicUrls = withAndWithoutPort(publicUrl(platform));
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
    const body = (await readBody(request, MAX_SMS_RECEIPT_BYTES)).toString('utf8');
    if (account === null) throw refuseReceipt(request, 'unit_without_provider');
    const right =
      body.split('&', MAX_FIELDS + 1).length <= MAX_FIELDS &&
      this.#signatures(account.TWILIO_AUTH_TOKEN.reveal(), request.url, body).some((signature) =>
        equalInConstantTime(given, signature),
      );
    if (!right) throw refuseReceipt(request, 'signature_wrong');
    return { kind: 'partner', businessUnit, partner: 'twilio' };
  }

  /** Over the address that Twilio was told to call, not what a proxy made of it. */
  #signatures(key: string, url: string, body: string): string[] {
    const form = fields(new URLSearchParams(body));
    const paths = new Set([url, url.replace(/\/(?=\?|$)/, '')]);
    return this.#publicUrls
      .flatMap((publicUrl) => [...paths].map((path) => `${publicUrl}${path}${form}`))
      .map((signed) => createHmac('sha1', key).update(signed).digest('base64'));
  }
}

/** Twilio signs an address with its port or without it, the scheme's own port included. */
function withAndWithoutPort(publicUrl: string): string[] {
  const { protocol, hostname, port, pathname } = new URL(publicUrl);
  const path = pathname.replace(/\/$/, '');
  const own = protocol === 'https:' ? '443' : '80';
  return ['', `:${port === '' ? own : port}`].map((suffix) => `${protocol}//${hostname}${suffix}${path}`);
}

/** Names and values without separators, in the names' order. */
function fields(form: URLSearchParams): string {
  return [...form]
    .sort(([left], [right]) => (left < right ? -1 : Number(left > right)))
    .map(([name, value]) => name + value)
    .join('');
}
