import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type BasicCredential, type BusinessUnit, BusinessUnits } from '../../business-units';
import { GatewayError } from '../../platform/errors';
import { Authenticator, type ProofDocumentation } from '../access/authenticator';
import type { BackOfficeCaller, Caller } from '../caller';
import { TOO_MANY_FAILURES } from '../failed-credentials';
import { isBasic } from './basic-credentials';
import { basicChallenge, BasicVerifier, type UnitCredential, unitCredential } from './basic-verifier';

/** A caller who proves to belong to a business unit with one of the unit's Basic credentials (RFC 7617). */
export abstract class BasicAuthGuard<C extends Caller> extends Authenticator<C> {
  readonly challenge: string;
  readonly #candidates: readonly UnitCredential[];

  constructor(
    units: BusinessUnits,
    private readonly verifier: BasicVerifier,
    private readonly realm: string,
    credentialsOf: (unit: BusinessUnit) => readonly BasicCredential[],
  ) {
    super();
    this.challenge = basicChallenge(realm);
    this.#candidates = units.all.flatMap((unit) =>
      credentialsOf(unit).map((credential) => unitCredential(unit.id, credential)),
    );
  }

  override presented(request: FastifyRequest): boolean {
    return isBasic(request.headers.authorization);
  }

  override async authenticate(request: FastifyRequest): Promise<C> {
    return this.callerOf(await this.verifier.verify(request, this.#candidates, this.realm));
  }

  protected abstract callerOf(proven: UnitCredential): C;
}

const REALM = 'back-office';

/** A business unit's back office proves itself with one of `BU_<BU>_API_CREDENTIALS`. */
@Injectable()
export class BackOffice extends BasicAuthGuard<BackOfficeCaller> {
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

  constructor(units: BusinessUnits, verifier: BasicVerifier) {
    super(units, verifier, REALM, ({ apiCredentials }) => apiCredentials);
  }

  override async authenticate(request: FastifyRequest): Promise<BackOfficeCaller> {
    refuseCrossSite(request);
    return super.authenticate(request);
  }

  protected override callerOf({ businessUnit, user }: UnitCredential): BackOfficeCaller {
    return { kind: 'back-office', businessUnit, credential: user };
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
