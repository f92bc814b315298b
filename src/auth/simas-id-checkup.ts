import { Inject, Injectable } from '@nestjs/common';
import { Checkup, type Trial } from '../platform/checkup';
import { hostOf, type PartnerHttpClient, PartnerHttpClients } from '../platform/outbound';
import { Clock, type Deadline } from '../platform/time';
import { type AuthSettings, authSettings } from './auth.settings';
import { KeySetSource } from './keys/key-set-source';
import { SimasIdAddresses } from './simas-id-addresses';

const WITHIN_MS = 5_000;

/** Whether SIMAS-ID publishes keys we can use, and lives at the same time as we do. */
@Injectable()
class SimasIdCheckup extends Checkup {
  readonly #http: PartnerHttpClient;
  readonly #skewSeconds: number;

  constructor(
    private readonly addresses: SimasIdAddresses,
    private readonly keySet: KeySetSource,
    private readonly clock: Clock,
    httpClients: PartnerHttpClients,
    @Inject(authSettings.token) { values }: AuthSettings,
  ) {
    super();
    const hosts = [hostOf(addresses.userinfo)];
    this.#http = httpClients.create({ partner: 'simas-id', hosts, timeoutMs: WITHIN_MS });
    this.#skewSeconds = values.SIMAS_ID_CLOCK_SKEW_SECONDS;
  }

  trials(): readonly Trial[] {
    return [
      { businessUnit: null, subject: 'SIMAS-ID key set', run: () => this.#keys() },
      { businessUnit: null, subject: 'SIMAS-ID userinfo', run: (deadline) => this.#userinfo(deadline) },
    ];
  }

  async #keys(): Promise<string> {
    const { keys } = await this.keySet.read();
    return `${keys.size} signing ${keys.size === 1 ? 'key' : 'keys'} at ${this.addresses.keySet}`;
  }

  /** Asked without a token it refuses, and its answer tells the time. */
  async #userinfo(deadline: Deadline): Promise<string> {
    const { userinfo: url } = this.addresses;
    const asked = this.clock.now();
    const { status, headers } = await this.#http.send({ operation: 'checkup', method: 'GET', url, deadline });
    if (status !== 401) throw new Error(`without a token it answers ${status}, not 401: is ${url} right?`);
    const told = Date.parse(headers['date'] ?? '');
    if (Number.isNaN(told)) return 'answers, and does not tell the time';
    // The header has whole seconds.
    const apart = Math.max(0, asked - told - 1_000, told - this.clock.now()) / 1_000;
    if (apart > this.#skewSeconds)
      throw new Error(`its clock and ours are ${apart.toFixed(0)} s apart: tokens will be refused`);
    return 'answers, clocks agree';
  }
}

/** What `npm run doctor` needs of this module, without the rest of it. */
export const SIMAS_ID_CHECKUP = [SimasIdCheckup, SimasIdAddresses, KeySetSource];
