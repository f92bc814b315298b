import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { BusinessUnits } from '../../business-units';
import { GatewayError } from '../../platform/errors';
import { Authenticator, type ProofDocumentation } from '../access/authenticator';
import type { BackOfficeCaller } from '../caller';
import { TOO_MANY_FAILURES } from '../failed-credentials';
import { isBasic } from './basic-credentials';
import { basicChallenge, BasicVerifier, type UnitCredential } from './basic-verifier';

const REALM = 'back-office';

/** A business unit's back office proves itself with one of `BU_<BU>_API_CREDENTIALS`. */
@Injectable()
export class BackOffice extends Authenticator<BackOfficeCaller> {
  static readonly documentation: ProofDocumentation = {
    scheme: {
      name: REALM,
      definition: {
        type: 'http',
        scheme: 'basic',
        description: "One of the business unit's API credentials (`BU_<BU>_API_CREDENTIALS`)",
      },
    },
    refusals: [
      [401, 'unauthorized', 'no API credential of a business unit, or a wrong one'],
      TOO_MANY_FAILURES,
    ],
  };

  readonly challenge = basicChallenge(REALM);
  readonly #candidates: readonly UnitCredential[];

  constructor(
    units: BusinessUnits,
    private readonly verifier: BasicVerifier,
  ) {
    super();
    this.#candidates = units.all.flatMap(({ id, apiCredentials }) =>
      apiCredentials.map((credential) => ({ businessUnit: id, credential })),
    );
  }

  override presented(request: FastifyRequest): boolean {
    return isBasic(request.headers.authorization);
  }

  override authenticate(request: FastifyRequest): BackOfficeCaller | Promise<never> {
    refuseCrossSite(request);
    const proven = this.verifier.find(request, this.#candidates, REALM);
    if (proven === undefined) return this.verifier.refuse(request, REALM);
    const { businessUnit, credential } = proven;
    return { kind: 'back-office', businessUnit, credential: credential.user };
  }
}

/**
 * A browser that was once told a password sends it along with whatever any page makes it send; it says of its own accord where the
 * page is from (W3C Fetch Metadata). Programs say nothing.
 */
function refuseCrossSite({ method, headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  if (method === 'GET' || method === 'HEAD') return;
  throw new GatewayError(403, 'cross_site', 'A page of another site made the browser send this request.');
}
