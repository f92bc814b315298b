import { Injectable } from '@nestjs/common';
import { Metrics } from '../../platform/metrics';
import { Clock, type Deadline } from '../../platform/time';
import { BoundedMap } from '../../platform/memory';
import type { UserCaller } from '../caller';
import { TokenRefused } from '../token/token-refused';
import { digestOf } from '../token/verified-tokens';
import { type TrustLevel, type Userinfo, UserinfoClient } from './userinfo.client';

const BELIEVED_MS = 60_000;
const REFUSED_MS = 10_000;
const ANSWERS_REMEMBERED = 1_000;

interface CachedUserinfo {
  readonly until: number;
  readonly userinfo: Userinfo | TokenRefused;
}

/**
 * Has SIMAS-ID itself confirm a token whose claims were judged already. Answers are kept briefly, by digest: a yes for a minute but
 * never past `exp`, a no for ten seconds. Questions about the same token are asked once.
 */
@Injectable()
export class UserinfoVerifier {
  readonly #answers = new BoundedMap<CachedUserinfo>(ANSWERS_REMEMBERED);
  readonly #asking = new Map<string, Promise<Userinfo>>();
  readonly #total;

  constructor(
    private readonly client: UserinfoClient,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.#total = metrics.counter({
      name: 'userinfo_total',
      help: 'Tokens SIMAS-ID was to confirm, by result',
      labels: ['result'],
    });
  }

  /**
   * The caller with phone number and name as SIMAS-ID has them now.
   * @param asked `now` where a session that ended since the last answer must not pass
   * @throws TokenRefused when SIMAS-ID refuses the token or says it is somebody else's; GatewayError when it cannot say
   */
  async confirm(
    token: string,
    claimed: UserCaller,
    trust: TrustLevel,
    deadline: Deadline,
    asked: 'now' | 'lately' = 'lately',
  ): Promise<UserCaller> {
    const digest = digestOf(token);
    const ask = (): Promise<Userinfo> => this.client.ask(token, claimed, trust, deadline);
    const { subject, phoneNumber, name } =
      this.#remembered(digest, asked) ?? (await this.#askOnce(digest, claimed, ask));
    // Userinfo answers for any token of the realm: it must be this one's person.
    if (subject !== claimed.subject) throw new TokenRefused('subject_mismatch');
    return { ...claimed, phoneNumber, name };
  }

  /** @throws TokenRefused as SIMAS-ID did: a no is enough for everybody */
  #remembered(digest: string, asked: 'now' | 'lately'): Userinfo | undefined {
    const { until = -Infinity, userinfo } = this.#answers.get(digest) ?? {};
    const isRefusal = userinfo instanceof TokenRefused;
    if (this.clock.elapsed() >= until || (asked === 'now' && !isRefusal)) return undefined;
    this.#total.inc({ result: 'remembered' });
    if (isRefusal) throw userinfo;
    return userinfo;
  }

  #askOnce(digest: string, claimed: UserCaller, ask: () => Promise<Userinfo>): Promise<Userinfo> {
    const asking = this.#asking.get(digest) ?? this.#ask(digest, claimed, ask);
    this.#asking.set(digest, asking);
    return asking;
  }

  async #ask(digest: string, claimed: UserCaller, ask: () => Promise<Userinfo>): Promise<Userinfo> {
    try {
      const userinfo = await ask();
      const believedMs = Math.min(BELIEVED_MS, claimed.expiresAt.getTime() - this.clock.now());
      this.#answers.set(digest, { until: this.clock.elapsed() + believedMs, userinfo });
      this.#total.inc({ result: 'confirmed' });
      return userinfo;
    } catch (error) {
      const refused = error instanceof TokenRefused;
      this.#total.inc({ result: refused ? 'refused' : 'failed' });
      if (refused) this.#answers.set(digest, { until: this.clock.elapsed() + REFUSED_MS, userinfo: error });
      throw error;
    } finally {
      this.#asking.delete(digest);
    }
  }
}
