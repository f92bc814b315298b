import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  BearerAuthGuard,
  type ProofDocumentation,
  rolesOf,
  User,
  type UserCaller,
  UserVerifiedWithSimasId,
} from '../auth';
import { BusinessUnits } from '../business-units';
import { GatewayError } from '../platform/errors';
import type { Deadline } from '../platform/time';
import { type SatusehatSettings, satusehatSettings } from './satusehat.settings';

/**
 * An officer of the business unit's health facility: named by a role in the access token or by its `sub`, with a session that
 * SIMAS-ID confirms (contract §7.2). A customer of the unit has a valid token, too, and must not reach patients.
 */
@Injectable()
export class SatusehatOfficer extends BearerAuthGuard {
  static readonly documentation: ProofDocumentation = {
    scheme: UserVerifiedWithSimasId.documentation.scheme,
    refusals: [
      ...UserVerifiedWithSimasId.documentation.refusals,
      [
        403,
        'officer_required',
        'the person is no officer of the unit (`BU_<BU>_SATUSEHAT_OFFICER_ROLE`, `BU_<BU>_SATUSEHAT_OFFICERS`)',
      ],
    ],
  };

  constructor(
    private readonly user: User,
    private readonly session: UserVerifiedWithSimasId,
    private readonly units: BusinessUnits,
    @Inject(satusehatSettings.token) private readonly settings: SatusehatSettings,
  ) {
    super();
  }

  override async authenticate(request: FastifyRequest, deadline: Deadline): Promise<UserCaller> {
    const caller = await this.user.authenticate(request);
    if (!this.#isOfficer(request, caller))
      throw new GatewayError(403, 'officer_required', "This is for the facility's officers.");
    return this.session.confirm(request, caller, deadline);
  }

  #isOfficer(request: FastifyRequest, { businessUnit, subject }: UserCaller): boolean {
    const { SATUSEHAT_OFFICER_ROLE: role, SATUSEHAT_OFFICERS: subjects = [] } =
      this.settings.optionalForUnit(businessUnit);
    if (subjects.includes(subject)) return true;
    const unit = this.units.find(businessUnit);
    return role !== undefined && unit !== undefined && rolesOf(request, unit).has(role);
  }
}
