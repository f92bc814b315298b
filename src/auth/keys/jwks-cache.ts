import type { KeyObject } from 'node:crypto';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { PartnerError } from '../../platform/outbound';
import { Clock } from '../../platform/time';
import { type AuthSettings, authSettings } from '../auth.settings';
import { BoundedMap } from '../../platform/memory';
import { TokenRefused } from '../token/token-refused';
import { JwksSnapshotRepository } from './jwks-snapshot.repository';
import { KeySetEvents, type RefreshCause } from './key-set-events';
import { type KeySet, KeySetSource } from './key-set-source';

const ABSENT_KEYS_REMEMBERED = 1_000;

/** At most one refresh within this time is made because of a key id that is not known (contract §6, Tokens). */
const UNKNOWN_KEY_PAUSE_MS = 30_000;

const REFRESH_AHEAD = 0.8;
const REFRESH_JITTER = 0.05;
const MAX_BACK_OFF_MS = 30_000;

/**
 * SIMAS-ID's keys as one parsed set, refreshed ahead of its age. A good set is only ever replaced by a good set; while none is to
 * be had the old one stays in use for `JWKS_STALE_SECONDS`. Tokens with known keys never wait and never depend on a refresh.
 */
@Injectable()
export class JwksCache implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #freshMs: number;
  readonly #usableMs: number;
  /** Key ids that SIMAS-ID was asked for in vain, or has withdrawn. */
  readonly #absent = new BoundedMap<true>(ABSENT_KEYS_REMEMBERED);
  #set: KeySet | undefined;
  #refreshing: Promise<void> | undefined;
  #saving: Promise<void> = Promise.resolve();
  #failures = 0;
  #lastRefresh = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    private readonly source: KeySetSource,
    private readonly snapshots: JwksSnapshotRepository,
    private readonly events: KeySetEvents,
    private readonly clock: Clock,
    @Inject(authSettings.token) { values }: AuthSettings,
  ) {
    this.#freshMs = values.JWKS_REFRESH_SECONDS * 1000;
    this.#usableMs = this.#freshMs + values.JWKS_STALE_SECONDS * 1000;
    events.watch(this);
  }

  /** The kept set is taken over first; the boot does not wait for SIMAS-ID, requests that need a key do. */
  async onApplicationBootstrap(): Promise<void> {
    this.#set = await this.snapshots.load();
    void this.#refresh('boot');
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#refreshing;
    await this.#saving;
  }

  /** The set's age; NaN as long as there is none. */
  get ageMs(): number {
    return this.#set === undefined ? Number.NaN : this.clock.elapsed() - this.#set.readAt;
  }

  /** Whether tokens can be verified now. */
  get ready(): boolean {
    return this.ageMs <= this.#usableMs;
  }

  /** The key if it is known and still in use. */
  current(keyId: string): KeyObject | undefined {
    return this.ready ? this.#set?.keys.get(keyId) : undefined;
  }

  /** A token is about to be judged: counted where the set is beyond its age. */
  countStale(): void {
    if (this.ready && this.ageMs > this.#freshMs) this.events.staleServed.inc();
  }

  /**
   * A key that is not {@link current}, asking SIMAS-ID for it when that is allowed.
   * @param issuedAt the token's `iat` in seconds, if it has one: a key set read after that would hold its key
   * @throws TokenRefused `key_unknown`; PartnerError 503 when that cannot be told now
   */
  async find(keyId: string, issuedAt: number | undefined): Promise<KeyObject> {
    const askedAt = this.clock.elapsed();
    this.events.unknownKeys.inc();
    if (this.#refreshing !== undefined || this.#pauseMs() === 0) await this.#refresh('unknown-key');
    const found = this.current(keyId);
    if (found !== undefined) return found;
    if (!this.ready || this.#failures > 0) throw keysUnavailable();
    if (this.#set !== undefined && this.#set.readAt >= askedAt) this.#absent.set(keyId, true);
    if (this.#mayBeNewer(keyId, issuedAt)) throw keysUnavailable(this.#pauseMs() / 1000);
    throw new TokenRefused('key_unknown');
  }

  /**
   * Whether the token may be signed with a key that appeared after the set was read: it says it was issued since then, and its key id
   * is as long as SIMAS-ID's and was not looked for yet. Such a person is told to come back when SIMAS-ID may be asked again (503),
   * not to log in again (401). Anybody may claim that; it gains them nothing. The time of the reading is told by the clock as it is
   * set now, for it may have been set since. `iat` has whole seconds: within the second of the reading it cannot be told.
   */
  #mayBeNewer(keyId: string, issuedAt: number | undefined): boolean {
    if (this.#set === undefined || issuedAt === undefined || this.#absent.get(keyId) === true) return false;
    const readAt = this.clock.now() - this.ageMs;
    return (
      issuedAt * 1000 > readAt && [...this.#set.keys.keys()].some(({ length }) => length === keyId.length)
    );
  }

  /** Milliseconds until an unknown key id may cause a refresh again. */
  #pauseMs(): number {
    return Math.max(0, this.#lastRefresh + UNKNOWN_KEY_PAUSE_MS - this.clock.elapsed());
  }

  /** Single flight: calls while one is under way share it. */
  #refresh(cause: RefreshCause): Promise<void> {
    this.#refreshing ??= this.#readAnew(cause).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #readAnew(cause: RefreshCause): Promise<void> {
    try {
      const set = carryOver(this.#set, await this.source.read());
      for (const keyId of this.#set?.keys.keys() ?? [])
        if (!set.keys.has(keyId)) this.#absent.set(keyId, true);
      this.#set = set;
      this.#failures = 0;
      this.events.refreshed(cause, set.keys.size);
      this.#saving = this.snapshots.save(set);
    } catch (error) {
      this.#failures += 1;
      this.events.failed(cause, error, this.ready);
    }
    if (cause !== 'boot') this.#lastRefresh = this.clock.elapsed();
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const delay = refreshDelayMs(this.#freshMs, this.#failures, Math.random());
    this.#timer = setTimeout(() => void this.#refresh('schedule'), delay).unref();
  }
}

function keysUnavailable(retryAfterSeconds?: number): PartnerError {
  const hint = 'its keys are needed to judge the token';
  return new PartnerError('simas-id', 'jwks', 'unavailable', { reached: 'no', retryAfterSeconds, hint });
}

/**
 * Milliseconds until the next scheduled refresh: a little ahead of the set's age, so that requests never wait for it; after a
 * failure 1, 2, 4 … 30 s, so that an outage's end is noticed within 40 s. Spread, so that replicas do not ask in step.
 * @param failures how many refreshes failed in a row
 * @param random from 0 to 1
 */
export function refreshDelayMs(intervalMs: number, failures: number, random: number): number {
  if (failures === 0) return intervalMs * (REFRESH_AHEAD + REFRESH_JITTER * (2 * random - 1));
  return Math.min(MAX_BACK_OFF_MS, 1000 * 2 ** (failures - 1)) * (1 - 0.25 * random);
}

/** `next`, in which keys that were in `previous` already are the same objects: what was verified with them stays verified. */
function carryOver(previous: KeySet | undefined, next: KeySet): KeySet {
  const keys = [...next.keys].map(([kid, key]): [string, KeyObject] => {
    const before = previous?.keys.get(kid);
    return [kid, before?.equals(key) === true ? before : key];
  });
  return { keys: new Map(keys), readAt: next.readAt };
}
