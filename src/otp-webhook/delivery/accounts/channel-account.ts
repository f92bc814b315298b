import type { Channel, OtpClient, Provider } from '../../providers/otp-provider';
import type { UnitChannel } from '../../providers/otp-channels';
import { Breaker } from './breaker';

/** Messages of one unit on one channel that a process sends at once. */
const SLOTS = 16;

/** As logs name it. */
export interface ChannelAccountName {
  readonly businessUnit: string;
  readonly channel: Channel;
  readonly provider: string;
}

/** One unit's channel: what is slow or dead here delays nothing else. */
export class ChannelAccount {
  readonly businessUnit: string;
  readonly provider: Provider;
  readonly client: OtpClient;
  readonly breaker = new Breaker(() => performance.now());
  #free = SLOTS;
  readonly #waiting: (() => void)[] = [];

  constructor({ businessUnit, provider, client }: UnitChannel) {
    this.businessUnit = businessUnit;
    this.provider = provider;
    this.client = client;
  }

  get channel(): Channel {
    return this.provider.channel;
  }

  get name(): ChannelAccountName {
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
