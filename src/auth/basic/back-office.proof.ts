import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { BusinessUnits } from '../../business-units';
import { CallerProof, type ProofDocumentation } from '../access/caller-proof';
import type { BackOfficeCaller } from '../caller';
import { isBasic } from './basic-credentials';
import { basicChallenge, BasicVerifier, type UnitCredential } from './basic-verifier';

const REALM = 'back-office';

/** A business unit's back office proves itself with one of `BU_<BU>_API_CREDENTIALS`. */
@Injectable()
export class BackOffice extends CallerProof<BackOfficeCaller> {
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
      [429, 'rate_limited', 'too many wrong credentials from one address within a minute'],
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

  override prove(request: FastifyRequest): BackOfficeCaller {
    const { businessUnit, credential } = this.verifier.verify(request, this.#candidates, REALM);
    return { kind: 'back-office', businessUnit, credential: credential.user };
  }
}
