import { BlockList, isIP } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CallerProof, type PartnerCaller, type ProofDocumentation } from '../auth';
import { equalInConstantTime } from '../platform/crypto';
import { GatewayError } from '../platform/errors';
import { type CallbackHeader, GtfAccounts } from './gtf-accounts';
import { type GtfSettings, gtfSettings } from './gtf.settings';

/**
 * GTF proves itself with the header a business unit registered, whose value names the unit; no signature is documented
 * (gtf.md §5). Optionally the address must be on a list. What it then says is still only a knock.
 */
@Injectable()
export class GtfCallback extends CallerProof<PartnerCaller> {
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
    refusals: [[401, 'unauthorized', 'the header is not one that a business unit registered']],
  };

  readonly challenge = null;
  readonly #headers: readonly CallbackHeader[];
  readonly #allowed: BlockList | null;

  constructor(accounts: GtfAccounts, @Inject(gtfSettings.token) settings: GtfSettings) {
    super();
    this.#headers = accounts.callbackHeaders;
    const ranges = settings.values.GTF_CALLBACK_ALLOWED_IPS;
    this.#allowed = ranges === undefined ? null : blockListOf(ranges);
  }

  override presented(request: FastifyRequest): boolean {
    return this.#headers.some(({ name }) => request.headers[name] !== undefined);
  }

  override prove(request: FastifyRequest): PartnerCaller {
    const businessUnit = this.#unitOf(request);
    if (businessUnit === undefined || !this.#isAllowed(request.ip))
      throw new GatewayError(401, 'unauthorized', 'This is not a callback of a business unit.');
    return { kind: 'partner', partner: 'gtf', businessUnit };
  }

  /** Every unit is compared, whichever matches: the time taken tells nothing. */
  #unitOf(request: FastifyRequest): string | undefined {
    const matches = this.#headers.filter(({ name, value }) => {
      const given = request.headers[name];
      // Node hands header bytes over as Latin-1.
      const bytes = Buffer.from(typeof given === 'string' ? given : '', 'latin1');
      return equalInConstantTime(bytes, Buffer.from(value.reveal()));
    });
    return matches[0]?.businessUnit;
  }

  #isAllowed(address: string): boolean {
    return this.#allowed === null || this.#allowed.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
}

function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}
