import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { BasicCredential } from '../../business-units';
import { sha256 } from '../../platform/crypto';
import { GatewayError } from '../../platform/errors';
import { noteForLog } from '../../platform/http';
import { Metrics } from '../../platform/metrics';
import { FailedCredentials } from '../failed-credentials';
import { parseBasic } from './basic-credentials';

/** A credential that names its business unit, as it is compared. */
export interface UnitCredential {
  readonly businessUnit: string;
  readonly user: string;
  readonly digest: Buffer;
}

export function unitCredential(businessUnit: string, { user, password }: BasicCredential): UnitCredential {
  // A fast hash is enough: what is compared are long random secrets, and only to give both sides one length.
  return { businessUnit, user, digest: sha256(`${user}:${password.reveal()}`) };
}

/** The `WWW-Authenticate` challenge of a Basic realm (RFC 7617 §2.1). */
export function basicChallenge(realm: string): string {
  return `Basic realm="${realm}", charset="UTF-8"`;
}

/** Judges `Authorization: Basic …` against all credentials of all units, in time that tells nothing about them. */
@Injectable()
export class BasicVerifier {
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

  /**
   * The candidate that the request proves.
   * @throws GatewayError 401 with the realm's challenge, or 429 when one address fails too often
   */
  async verify(
    request: FastifyRequest,
    candidates: readonly UnitCredential[],
    realm: string,
  ): Promise<UnitCredential> {
    const given = parseBasic(request.headers.authorization ?? '');
    if (given === undefined) throw await this.#refusal(request, realm, 'malformed');
    const digest = sha256(`${given.user}:${given.password}`);
    // No early exit: every candidate is compared.
    const [match] = candidates.filter((candidate) => timingSafeEqual(digest, candidate.digest));
    if (match === undefined) throw await this.#refusal(request, realm, 'wrong_user_or_password');
    this.#outcomes.inc({ realm, outcome: 'accepted' });
    // Which of several credentials is still in use is what a rotation must know.
    noteForLog(request, { credential: match.user });
    return match;
  }

  async #refusal(request: FastifyRequest, realm: string, reason: string): Promise<GatewayError> {
    const refusal = await this.failures.refusal(request, {
      credential: realm,
      reason,
      answer: new GatewayError(401, 'unauthorized', 'These credentials are not valid here.', {
        headers: { 'www-authenticate': basicChallenge(realm) },
      }),
    });
    this.#outcomes.inc({ realm, outcome: refusal.status === 429 ? 'limited' : 'refused' });
    return refusal;
  }
}
