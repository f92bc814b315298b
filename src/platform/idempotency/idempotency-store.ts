import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyRequest } from 'fastify';
import { In, IsNull, Raw, type Repository } from 'typeorm';
import { BlindIndex, seal, unseal } from '../crypto';
import { Database, type Transaction } from '../database';
import { IdempotencyKey } from './idempotency-key.entity';

/** Whose keys they are: two callers may use the same key for different things. */
export interface KeyOwner {
  readonly businessUnit: string;
  /** Tells the unit's callers apart; stays the same when a credential is rotated. */
  readonly caller: string;
}

/** Says who makes a request. The program provides it, because the platform knows nothing of tokens and credentials. */
export abstract class IdempotencyScope {
  abstract ownerOf(request: FastifyRequest): KeyOwner;
}

/** One use of an `Idempotency-Key`: the key's owner, the route with its path, and the key itself. */
export interface KeyUse extends KeyOwner {
  readonly route: string;
  readonly key: string;
}

/** A response as it was sent the first time. */
interface SavedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** What a key stands for. `mine`: nobody used it, this try holds it now. */
export type Claimed =
  | { readonly kind: 'mine'; readonly claim: string }
  | { readonly kind: 'answered'; readonly answer: SavedResponse }
  | { readonly kind: 'running' | 'reused' | 'erased' };

/** What is kept of an answer. */
export interface Kept {
  readonly answer: SavedResponse;
  /** The submission it is about. */
  readonly about: string;
  /** Not longer than this, where it is worth nothing then. */
  readonly until: Date | undefined;
}

/** Times are the database's: of two processes one may be a day ahead. */
const KEPT = '24 hours';
/** A first try that took this long died; the key is free again. */
const DEAD_AFTER = '60 seconds';

/** Remembers the first answers to creating requests, for all processes on the database. */
@Injectable()
export class IdempotencyStore {
  constructor(
    private readonly database: Database,
    @InjectRepository(IdempotencyKey) private readonly keys: Repository<IdempotencyKey>,
    private readonly index: BlindIndex,
  ) {}

  /** @param request the validated body in its canonical form */
  async claim(use: KeyUse, request: string): Promise<Claimed> {
    const digest = this.#digest(use);
    const requestDigest = this.index.digest('idempotency request', use.businessUnit, request);
    const claim = randomUUID();
    const mine = await this.database.query(
      `INSERT INTO idempotency_key AS k (business_unit, digest, request_digest, claim, claimed_at, expires_at)
        VALUES ($1, $2, $3, $4, now(), now() + interval '${KEPT}')
       ON CONFLICT (business_unit, digest) DO UPDATE
         SET request_digest = $3, claim = $4, claimed_at = now(), expires_at = now() + interval '${KEPT}', answer = NULL,
             about = NULL, erased = false
         WHERE k.expires_at <= now()
            OR (k.answer IS NULL AND NOT k.erased AND k.claimed_at <= now() - interval '${DEAD_AFTER}')
       RETURNING claim`,
      [use.businessUnit, digest, requestDigest, claim],
    );
    if (mine.length > 0) return { kind: 'mine', claim };
    const row = await this.keys.findOneBy({ businessUnit: use.businessUnit, digest });
    // Gone: the first try just failed and freed the key. The caller asks again.
    if (row === null) return { kind: 'running' };
    if (!row.requestDigest.equals(requestDigest)) return { kind: 'reused' };
    if (row.erased) return { kind: 'erased' };
    if (row.answer === null) return { kind: 'running' };
    const answer = unseal(this.#key(use), row.answer, aad(use)).toString();
    return { kind: 'answered', answer: JSON.parse(answer) as SavedResponse };
  }

  /**
   * Keeps the answer in the transaction that does the work: neither exists without the other.
   * @returns false when the key was taken over meanwhile; then the work must not be done
   */
  async saveResponse(
    tx: Transaction,
    use: KeyUse,
    claim: string,
    { answer, about, until }: Kept,
  ): Promise<boolean> {
    const sealed = seal(this.#key(use), JSON.stringify(answer), aad(use));
    const kept = await tx.query(
      `UPDATE idempotency_key SET answer = $4, about = $5, expires_at = least(expires_at, $6)
        WHERE business_unit = $1 AND digest = $2 AND claim = $3 RETURNING claim`,
      [use.businessUnit, this.#digest(use), claim, sealed, about, until ?? null],
    );
    return kept.length > 0;
  }

  /** Nothing came of the try: the key may be used again. */
  async free(use: KeyUse, claim: string): Promise<void> {
    const { businessUnit } = use;
    await this.keys.delete({ businessUnit, digest: this.#digest(use), claim, answer: IsNull() });
  }

  /** Forgets the answers about these submissions. Their keys stay used: a late repeat must not bring a person back. */
  async eraseAbout(tx: Transaction, businessUnit: string, submissionIds: readonly string[]): Promise<void> {
    const about = In([...submissionIds]);
    await tx.manager.update(IdempotencyKey, { businessUnit, about }, { answer: null, erased: true });
  }

  async forgetExpired(): Promise<void> {
    await this.keys.delete({ expiresAt: Raw((column) => `${column} <= now()`) });
  }

  #digest({ businessUnit, caller, route, key }: KeyUse): Buffer {
    return this.index.digest('idempotency key', businessUnit, caller, route, key);
  }

  /** Nobody has it without the caller's key, of which only a digest is kept. */
  #key({ businessUnit, caller, route, key }: KeyUse): Buffer {
    return this.index.digest('idempotency answer', businessUnit, caller, route, key);
  }
}

/** What a sealed answer is bound to (additional authenticated data). */
function aad({ businessUnit, route }: KeyUse): string {
  return `idempotency_key.answer|v1|${businessUnit}|${route}`;
}
