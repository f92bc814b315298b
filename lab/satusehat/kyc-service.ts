import { createPrivateKey, randomInt, randomUUID, type KeyObject } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Snapshot } from '../snapshot';
import { clientPublicKey, EnvelopeError, looksArmoured, openMessage, sealMessage } from './envelope';
import { PANIC_TEXT } from './error-catalogue';
import { lookUpPatient } from './identities';
import type { Challenge, SatusehatState, ValidationSession } from './state';
import type { TokenService } from './token-service';

/** `documented` = the REST page; `staging` = as staging behaved in September 2026 (satusehat.md §8). */
export type SatusehatProfile = 'documented' | 'staging';

/** The sample's lifetime is exactly five minutes (§6). */
const CHALLENGE_MS = 5 * 60_000;

interface KycServiceOptions {
  readonly state: Snapshot<SatusehatState>;
  readonly tokens: TokenService;
  readonly profile: () => SatusehatProfile;
  readonly url: () => string;
  readonly now: () => Date;
}

/** What the service refuses: answered in the profile's own way. */
class Refusal extends Error {}
/** What makes the service fall over instead of refusing (§6 "junk inside a valid armour"). */
class Panic extends Error {}

/** generate-url and challenge-code (§5, §6), decided by the body and not by its content type. */
export class KycService {
  readonly #privateKey: KeyObject;

  constructor(private readonly options: KycServiceOptions) {
    this.#privateKey = createPrivateKey(options.state.value.privateKeyPem);
  }

  register(app: FastifyInstance): void {
    app.post('/kyc/v1/generate-url', (request, reply) =>
      this.#answer(request, reply, (unit, body) => this.#generateUrl(unit, body)),
    );
    app.post('/kyc/v1/challenge-code', (request, reply) =>
      this.#answer(request, reply, (unit, body) => this.#challengeCode(unit, body, request)),
    );
    for (const url of ['/kyc/v1/generate-url', '/kyc/v1/challenge-code']) {
      app.route({
        method: ['GET', 'PUT', 'PATCH', 'DELETE'],
        url,
        handler: (_request, reply) => this.#refuse(reply, 'method not allowed'),
      });
    }
  }

  #answer(
    request: FastifyRequest,
    reply: FastifyReply,
    work: (unit: string, body: string) => string,
  ): FastifyReply {
    const unit = this.options.tokens.authenticate(request, reply);
    if (unit === undefined) return reply;
    try {
      // The documentation names application/json for the armoured answer too; the real value is recorded nowhere (§5).
      return reply
        .type('application/json')
        .send(work(unit, typeof request.body === 'string' ? request.body : ''));
    } catch (error) {
      if (error instanceof Refusal) return this.#refuse(reply, error.message);
      if (error instanceof Panic) return reply.code(500).type('text/plain').send(PANIC_TEXT);
      throw error;
    }
  }

  #refuse(reply: FastifyReply, error: string): FastifyReply {
    const staging = this.options.profile() === 'staging';
    return reply
      .code(staging ? 200 : 400)
      .type('application/json')
      .send({
        metadata: { code: '400', message: staging ? 'Error: Bad Request' : 'Bad Request' },
        data: { error },
      });
  }

  #generateUrl(unit: string, body: string): string {
    const sealed = looksArmoured(body);
    if (!sealed && (this.options.profile() === 'staging' || !body.trimStart().startsWith('{'))) {
      throw new Refusal('missing begin tag');
    }
    const request = jsonObject(sealed ? this.#open(body) : body);
    const agentName = text(request, 'agent_name');
    const agentNik = text(request, 'agent_nik');
    const publicKeyPem = text(request, 'public_key');
    const publicKey = clientPublicKey(publicKeyPem);
    if (publicKey === undefined) throw new Refusal('public_key is not an RSA public key');
    const session: ValidationSession = {
      token: randomUUID(),
      unit,
      agentName,
      agentNik,
      publicKeyPem,
      sealed,
      createdAtMs: this.options.now().getTime(),
      status: 'open',
      patientNik: null,
    };
    this.options.state.value.sessions.push(session);
    this.options.state.touch();
    const answer = success({
      agent_name: agentName,
      agent_nik: agentNik,
      token: session.token,
      url: `${this.options.url()}/kyc/v1/validation-web/${session.token}`,
    });
    return sealed ? sealMessage(answer, publicKey) : answer;
  }

  /**
   * Plain on the documented profile. Sealed, or plain with `X-Debug-Mode: 1`, only with the frame token of a
   * generate-url call of the same unit; nobody has recorded a success of these two forms (§6, unverified).
   */
  #challengeCode(unit: string, body: string, request: FastifyRequest): string {
    const session = this.options.state.value.sessions.find(
      ({ token, unit: owner }) => owner === unit && token === request.headers['x-frame-token'],
    );
    if (looksArmoured(body)) {
      const plaintext = this.#open(body);
      const publicKey = session === undefined ? undefined : clientPublicKey(session.publicKeyPem);
      if (publicKey === undefined) throw new Refusal('Failed to decrypt message');
      return sealMessage(this.#challenge(unit, plaintext), publicKey);
    }
    const debugged = request.headers['x-debug-mode'] === '1' && session !== undefined;
    if (this.options.profile() === 'staging' && !debugged) throw new Refusal('Failed to decrypt message');
    return this.#challenge(unit, body);
  }

  #challenge(unit: string, body: string): string {
    const request = jsonObject(body);
    if (text(member(request, 'metadata'), 'method') !== 'request_per_nik')
      throw new Refusal('unknown method');
    const nik = text(member(request, 'data'), 'nik');
    const name = text(member(request, 'data'), 'name');
    const patient = lookUpPatient(nik);
    // The texts for an unknown patient are an open question of the page (§13.7): assumed.
    if (patient.found === 'none') throw new Refusal('patient not found');
    if (patient.found === 'several') throw new Refusal('more than one patient found');
    const nowMs = this.options.now().getTime();
    const challenge: Challenge = {
      unit,
      nik,
      name,
      ihsNumber: patient.ihsNumber,
      code: randomInt(1_000_000).toString().padStart(6, '0'),
      createdAtMs: nowMs,
      expiresAtMs: nowMs + CHALLENGE_MS,
    };
    this.options.state.value.challenges.push(challenge);
    this.options.state.touch();
    return success({
      nik,
      name,
      ihs_number: challenge.ihsNumber,
      challenge_code: challenge.code,
      created_timestamp: jakartaTime(challenge.createdAtMs),
      expired_timestamp: jakartaTime(challenge.expiresAtMs),
    });
  }

  #open(body: string): string {
    try {
      return openMessage(body, this.#privateKey);
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      const staging = this.options.profile() === 'staging';
      if (error.fault === 'wrong-key' || error.fault === 'not-authentic') {
        const documented = `failed to decrypt ciphertext: ${error.fault === 'wrong-key' ? 'crypto/rsa: decryption error' : 'cipher: message authentication failed'}`;
        throw new Refusal(staging ? 'Failed to decrypt message' : documented);
      }
      throw staging ? new Panic(error.fault) : new Refusal(error.fault);
    }
  }
}

function success(data: Record<string, string>): string {
  return JSON.stringify({ metadata: { code: '200', message: 'OK' }, data });
}

function jsonObject(body: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(body));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('body is not JSON');
  }
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refusal('object expected');
  return { ...value };
}

function member(value: Record<string, unknown>, name: string): Record<string, unknown> {
  return asObject(value[name]);
}

function text(value: Record<string, unknown>, name: string): string {
  const found = value[name];
  if (typeof found !== 'string' || found.trim() === '') throw new Refusal(`${name} is required`);
  return found;
}

/** RFC 3339 with +07:00 and whole seconds, as in the sample (§6). */
function jakartaTime(epochMs: number): string {
  return `${new Date(epochMs + 7 * 3_600_000).toISOString().slice(0, 19)}+07:00`;
}
