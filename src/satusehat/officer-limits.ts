import { Inject, Injectable } from '@nestjs/common';
import type { BackOfficeCaller, UserCaller } from '../auth';
import { type Limit, Limits } from '../platform/limits';
import { type SatusehatSettings, satusehatSettings } from './satusehat.settings';

const HOUR_SECONDS = 3_600;

/** How often the Ministry is asked for one officer, or for one unit's back end, which asks for all of its officers. */
@Injectable()
export class OfficerLimits {
  readonly #perOfficer: Limit;
  readonly #perUnit: Limit;

  constructor(limits: Limits, @Inject(satusehatSettings.token) { values }: SatusehatSettings) {
    this.#perOfficer = limits.forCallers({
      name: 'satusehat-officer',
      times: values.SATUSEHAT_LIMIT_PER_OFFICER_PER_HOUR,
      seconds: HOUR_SECONDS,
      refusal: 'This officer asked for too many pages and codes within an hour.',
    });
    this.#perUnit = limits.forCallers({
      name: 'satusehat-unit',
      times: values.SATUSEHAT_LIMIT_PER_UNIT_PER_HOUR,
      seconds: HOUR_SECONDS,
      refusal: 'The back office asked for too many pages and codes within an hour.',
    });
  }

  /** @throws GatewayError 429 */
  async take(caller: UserCaller | BackOfficeCaller): Promise<void> {
    const { businessUnit } = caller;
    if (caller.kind === 'user') await this.#perOfficer.take(businessUnit, caller.subject);
    else await this.#perUnit.take(businessUnit);
  }
}
