import type { Channel, OtpProvider, ProviderName } from '../channels/otp-provider';
import { Breaker } from './breaker';

/** Messages of one unit on one channel that a process sends at once. */
const SLOTS = 16;

export interface LaneName {
  readonly businessUnit: string;
  readonly channel: Channel;
  readonly provider: ProviderName;
}

/** One unit's channel: what is slow or dead here delays nothing else. */
export class Lane {
  readonly breaker = new Breaker(() => performance.now());
  #free = SLOTS;
  readonly #waiting: (() => void)[] = [];

  constructor(
    readonly businessUnit: string,
    readonly provider: OtpProvider,
  ) {}

  get channel(): Channel {
    return this.provider.channel;
  }

  /** As logs name it. */
  get name(): LaneName {
    const { name: provider, channel } = this.provider;
    return { businessUnit: this.businessUnit, channel, provider };
  }

  /** Waits for a free slot; the returned function gives it back. */
  async slot(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return () => {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }
}
