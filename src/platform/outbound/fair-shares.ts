import { bulkhead, type BulkheadPolicy } from 'cockatiel';

/** For whom a partner is called. */
export interface CallOrigin {
  readonly businessUnit: string;
  /** The person the call is for; absent where it is for the unit as a whole. */
  readonly person?: string;
}

/** How many calls each makes at once, and how many more of theirs wait. */
interface Shares {
  readonly ofUnit: number;
  readonly ofPerson: number;
  readonly waiting: number;
}

/** A share that is in use. */
interface Share {
  readonly policy: BulkheadPolicy;
  calls: number;
}

/**
 * Divides what business units and people have in common: calls beyond the share of a unit or person wait in a queue of their own
 * (contract §7.2).
 */
export class FairShares {
  readonly #inUse = new Map<string, Share>();

  constructor(private readonly shares: Shares) {}

  /** Of a partner's concurrency a business unit has three quarters and a person a quarter. */
  static of(concurrent: number, waiting: number): FairShares {
    const part = (share: number): number => Math.max(1, Math.floor(concurrent * share));
    return new FairShares({ ofUnit: part(3 / 4), ofPerson: part(1 / 4), waiting });
  }

  /** @throws BulkheadRejectedError when too many calls of the unit or the person wait already */
  async run<T>({ businessUnit, person }: CallOrigin, call: () => Promise<T>): Promise<T> {
    const { ofUnit, ofPerson } = this.shares;
    const asUnit = (): Promise<T> => this.#within(businessUnit, ofUnit, call);
    return person === undefined ? asUnit() : this.#within(`${businessUnit} ${person}`, ofPerson, asUnit);
  }

  /** @param name a unit's name has no blank in it */
  async #within<T>(name: string, atOnce: number, call: () => Promise<T>): Promise<T> {
    const share = this.#inUse.get(name) ?? { policy: bulkhead(atOnce, this.shares.waiting), calls: 0 };
    this.#inUse.set(name, share);
    share.calls += 1;
    try {
      return await share.policy.execute(call);
    } finally {
      share.calls -= 1;
      if (share.calls === 0) this.#inUse.delete(name);
    }
  }
}
