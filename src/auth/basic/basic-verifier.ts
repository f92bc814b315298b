import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { BasicCredential } from '../../business-units';
import { sha256 } from '../../platform/crypto';
import { GatewayError } from '../../platform/errors';
import { noteForLog } from '../../platform/http';
import { BoundedMap } from '../../platform/memory';
import { Metrics } from '../../platform/metrics';
import { FailedCredentials } from '../failed-credentials';
import { parseBasic } from './basic-credentials';

/** A credential that names its business unit. */
export interface UnitCredential {
  readonly businessUnit: string;
  readonly credential: BasicCredential;
}

/** The `WWW-Authenticate` challenge of a Basic realm (RFC 7617 §2.1). */
export function basicChallenge(realm: string): string {
  return `Basic realm="${realm}", charset="UTF-8"`;
}

/** Of good ones only, so that nobody can drive them out; each credential has a few spellings (`Basic`, `basic  `). */
const HEADERS_REMEMBERED = 1_000;

interface Digests {
  readonly user: Buffer;
  readonly password: Buffer;
}

/** Judges `Authorization: Basic …` against all credentials of all units, in time that tells nothing about them. */
@Injectable()
export class BasicVerifier {
  // A fast hash is enough: what is compared are long random secrets, and only to give both sides one length.
  readonly #digests = new WeakMap<BasicCredential, Digests>();
  /** By realm and digest of the header: what proved one before does so again, without being taken apart. */
  readonly #proven = new BoundedMap<UnitCredential>(HEADERS_REMEMBERED);
  readonly #outcomes;

  constructor(
    private readonly failures: FailedCredentials,
    metrics: Metrics,
  ) {
    this.#outcomes = metrics.counter({
      name: 'basic_authentication_total',
      help: 'Basic credentials judged, by realm and outcome',
      labels: ['realm', 'outcome'],
    });
  }

  /** The candidate that the request proves; undefined when it proves none, and then it has to be refused ({@link refuse}). */
  find(
    request: FastifyRequest,
    candidates: readonly UnitCredential[],
    realm: string,
  ): UnitCredential | undefined {
    const header = request.headers.authorization ?? '';
    const digest = `${realm} ${sha256(header).toString('base64')}`;
    const proven = this.#proven.get(digest);
    const match = proven ?? this.#find(header, candidates);
    if (match === undefined) return undefined;
    if (proven === undefined) this.#proven.set(digest, match);
    this.#outcomes.inc({ realm, outcome: 'accepted' });
    // Which of several credentials is still in use is what a rotation must know.
    noteForLog(request, { credential: match.credential.user });
    return match;
  }

  /** @throws GatewayError 401 with the realm's challenge, or 429 when one address fails too often */
  async refuse(request: FastifyRequest, realm: string): Promise<never> {
    const malformed = parseBasic(request.headers.authorization ?? '') === undefined;
    const refusal = await this.failures.refusal(request, {
      credential: realm,
      reason: malformed ? 'malformed' : 'wrong_user_or_password',
      answer: new GatewayError(401, 'unauthorized', 'These credentials are not valid here.', {
        headers: { 'www-authenticate': basicChallenge(realm) },
      }),
    });
    this.#outcomes.inc({ realm, outcome: refusal.status === 429 ? 'limited' : 'refused' });
    throw refusal;
  }

  #find(header: string, candidates: readonly UnitCredential[]): UnitCredential | undefined {
    const given = parseBasic(header);
    return given === undefined ? undefined : this.#match(given.user, given.password, candidates);
  }

  /** No early exit: every candidate is compared, user and password both. */
  #match(user: string, password: string, candidates: readonly UnitCredential[]): UnitCredential | undefined {
    const given = { user: sha256(user), password: sha256(password) };
    let match: UnitCredential | undefined;
    for (const candidate of candidates) {
      const known = this.#digestsOf(candidate.credential);
      const sameUser = timingSafeEqual(given.user, known.user);
      const samePassword = timingSafeEqual(given.password, known.password);
      if (Number(sameUser) & Number(samePassword)) match = candidate;
    }
    return match;
  }

  #digestsOf(credential: BasicCredential): Digests {
    const known = this.#digests.get(credential);
    if (known !== undefined) return known;
    const digests = { user: sha256(credential.user), password: sha256(credential.password.reveal()) };
    this.#digests.set(credential, digests);
    return digests;
  }
}
