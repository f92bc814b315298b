import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  Authenticator,
  FailedCredentials,
  type PartnerCaller,
  type ProofDocumentation,
  TOO_MANY_FAILURES,
} from '../../auth';
import { equalInConstantTime } from '../../platform/crypto';
import { GatewayError } from '../../platform/errors';
import { addressList, clientAddress } from '../../platform/http';
import { type CallbackHeader, GtfAccounts } from '../gtf-accounts.service';
import { type GtfSettings, gtfSettings } from '../gtf.settings';

/**
 * GTF proves itself with the header a business unit registered, whose value names the unit; no signature is documented
 * (gtf.md §5). Optionally the address must be on a list. The callback's content is not believed even then.
 */
@Injectable()
export class GtfCallback extends Authenticator<PartnerCaller> {
  static readonly documentation: ProofDocumentation = {
    scheme: {
      name: 'gtf-callback',
      definition: {
        type: 'apiKey',
        in: 'header',
        name: 'Authorization',
        description:
          'The header a business unit registered with GTF (`BU_<BU>_GTF_CALLBACK_HEADER`, `BU_<BU>_GTF_CALLBACK_SECRET`)',
      },
    },
    refusals: [
      [401, 'unauthorized', 'the header is not one that a business unit registered'],
      TOO_MANY_FAILURES,
    ],
  };

  readonly challenge = null;
  readonly #headers: readonly CallbackHeader[];
  readonly #isAllowed: (address: string) => boolean;

  constructor(
    accounts: GtfAccounts,
    private readonly failures: FailedCredentials,
    @Inject(gtfSettings.token) settings: GtfSettings,
  ) {
    super();
    this.#headers = accounts.callbackHeaders;
    const ranges = settings.values.GTF_CALLBACK_ALLOWED_IPS;
    this.#isAllowed = ranges === undefined ? (): boolean => true : addressList(ranges);
  }

  /** Always true, so that a callback without the header is refused in the log, too. */
  override presented(): boolean {
    return true;
  }

  override async authenticate(request: FastifyRequest): Promise<PartnerCaller> {
    // To an address that is not allowed the answer is the same with a right header and with a wrong one.
    const isAllowed = this.#isAllowed(clientAddress(request));
    const businessUnit = isAllowed ? this.#unitOf(request) : undefined;
    if (businessUnit !== undefined) return { kind: 'partner', partner: 'gtf', businessUnit };
    const answer = new GatewayError(401, 'unauthorized', 'This is not a callback of a business unit.');
    const failure = { credential: 'gtf-callback', answer } as const;
    const isGiven = this.#headers.some(({ name }) => request.headers[name] !== undefined);
    if (isAllowed && !isGiven)
      throw this.failures.uncounted(request, { ...failure, reason: 'header_missing' });
    const reason = isAllowed ? 'header_wrong' : 'address_not_allowed';
    throw await this.failures.refusal(request, { ...failure, reason });
  }

  /** Compares with every unit's header, so that the time taken does not depend on which one matches. */
  #unitOf(request: FastifyRequest): string | undefined {
    const matches = this.#headers.filter(({ name, value }) => {
      const given = request.headers[name];
      // Node hands header bytes over as Latin-1.
      const bytes = Buffer.from(typeof given === 'string' ? given : '', 'latin1');
      return equalInConstantTime(bytes, Buffer.from(value.reveal()));
    });
    return matches[0]?.businessUnit;
  }
}
