import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Log } from '../../platform/logging';
import {
  allows,
  type CallOrigin,
  hostOf,
  isForeignPage,
  PartnerError,
  type PartnerResponse,
  textOf,
} from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import { EnvelopeError, isArmoured, open, seal } from '../envelope/envelope';
import type { SatusehatAccount } from '../satusehat.settings';
import { diagnoseServerKey } from '../envelope/server-key';
import type { ChallengeCode, FrameSession, NamedPerson, ValidationPage } from '../validation';
import { type KeyPair, KeyPairPool } from './key-pair-pool';
import { failure, type Operation, PARTNER } from './failure';
import { SatusehatApiClient } from './satusehat-api.client';
import { challengeCodeWire, messageOf, readSatusehatAnswer, validationUrlWire } from './satusehat.wire';

/** For whom the Ministry is asked, and until when. */
export interface Asking {
  /** Without a person for the unit's back office, which asks for all of its officers. */
  readonly origin: CallOrigin;
  readonly deadline: Deadline;
}

interface Call extends Asking {
  readonly operation: Exclude<Operation, 'token'>;
  readonly account: SatusehatAccount;
  readonly form: 'sealed' | 'plain';
  /** JSON. */
  readonly content: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Opens an armoured answer; absent where none can come. */
  readonly own?: KeyObject;
}

const UNAUTHORISED = 401;

/** The Ministry's KYC service (satusehat.md §5, §6). Its POSTs are never repeated, except once after a 401: that one was not executed. */
@Injectable()
export class SatusehatClient {
  constructor(
    private readonly api: SatusehatApiClient,
    private readonly keyPairs: KeyPairPool,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Whether the unit's challenge codes are asked for in the sealed form, which needs a {@link FrameSession}. */
  sealsChallenges(businessUnit: string): boolean {
    return this.api.account(businessUnit, 'challenge-code').SATUSEHAT_CHALLENGE_MODE === 'sealed';
  }

  /** @throws PartnerError; GatewayError 503 when no key pair could be made in time */
  async validationPage(asking: Asking, officer: NamedPerson): Promise<ValidationPage> {
    const account = this.api.account(asking.origin.businessUnit, 'generate-url');
    return this.keyPairs.use(asking.deadline, async (pair) => {
      const data = await this.#call({
        ...asking,
        operation: 'generate-url',
        account,
        form: account.SATUSEHAT_KYC_MODE === 'plain' ? 'plain' : 'sealed',
        content: validationRequest(officer, pair),
        own: pair.privateKey,
      });
      const page = validationUrlWire.safeParse(data);
      if (!page.success) throw unusable('generate-url');
      const { token, url } = page.data;
      if (!isTheMinistrys(url, account)) throw unusable('generate-url', 'its URL is on a foreign host');
      return {
        token,
        url,
        privateKey: () => pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    });
  }

  /**
   * @param frame for the sealed form, which staging seems to want since 2026; assumed from one public service, not verified against the
   *   Ministry (§6)
   * @throws PartnerError
   */
  async challengeCode(
    asking: Asking,
    { nik, name }: NamedPerson,
    frame: FrameSession | null,
  ): Promise<ChallengeCode> {
    const operation = 'challenge-code';
    const account = this.api.account(asking.origin.businessUnit, operation);
    const content = JSON.stringify({ metadata: { method: 'request_per_nik' }, data: { nik, name } });
    const form = frame === null ? ({ form: 'plain' } as const) : sealedWithin(frame);
    const data = await this.#call({ ...asking, ...form, operation, account, content });
    const challenge = challengeCodeWire.safeParse(data);
    if (!challenge.success) throw unusable(operation);
    const answer = challenge.data;
    if (answer.nik !== nik) throw unusable(operation, 'it speaks of another person');
    return {
      nik,
      name: answer.name,
      ihsNumber: answer.ihs_number,
      challengeCode: answer.challenge_code,
      createdAt: answer.created_timestamp,
      expiresAt: answer.expired_timestamp,
    };
  }

  /** The `data` of a successful answer. */
  async #call(call: Call): Promise<unknown> {
    const { operation, account } = call;
    const response = await this.#send(call);
    if (response.status === UNAUTHORISED) throw this.#unauthorised(call, response);
    const body = textOf(response.body);
    const message = messageOf(body);
    const armoured = isArmoured(message);
    const answer = readSatusehatAnswer(armoured ? this.#open(operation, message, call.own) : body);
    if (answer.grammar === 'metadata' && answer.code >= 200 && answer.code <= 299) {
      if (call.form === 'sealed' && !armoured)
        throw unusable(operation, 'it answered in clear to a sealed request');
      return answer.data;
    }
    const keyDiagnosis = (): string =>
      diagnoseServerKey(account.SATUSEHAT_PUBLIC_KEY, account.SATUSEHAT_BASE_URL);
    const error = failure(operation, response, answer, {
      now: this.clock.now(),
      sent: { form: call.form, keyDiagnosis },
    });
    this.log.warn('SATUSEHAT gave no success', {
      operation,
      fault: error.fault,
      publicCode: error.publicCode,
      httpStatus: response.status,
    });
    throw error;
  }

  #open(operation: Operation, message: string, own: KeyObject | undefined): string {
    if (own === undefined) throw unusable(operation, 'it sealed an answer that was asked for in clear');
    try {
      return open(message, own);
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      throw unusable(operation, `its encrypted message is ${error.reason}`);
    }
  }

  /** A fresh access token was refused, too. */
  #unauthorised({ origin: { businessUnit }, operation }: Call, response: PartnerResponse): PartnerError {
    const refused = { answer: response };
    if (isForeignPage(response)) return new PartnerError(PARTNER, operation, 'error', refused);
    const answer = readSatusehatAnswer(textOf(response.body));
    const { publicCode } = failure(operation, response, answer, { now: this.clock.now() });
    this.log.alarm('satusehat_credentials_refused', 'SATUSEHAT refuses a fresh access token', {
      ...{ businessUnit, operation, publicCode },
    });
    const hint = 'it refuses a fresh access token';
    return new PartnerError(PARTNER, operation, 'error', { ...refused, publicCode, hint });
  }

  #send(call: Call): Promise<PartnerResponse> {
    const { operation, origin, account, form, content, headers, deadline } = call;
    const sealed = form === 'sealed';
    return this.api.post({
      operation,
      origin,
      path: `/kyc/v1/${operation}`,
      headers: { ...headers, 'content-type': sealed ? 'text/plain' : 'application/json' },
      body: sealed ? seal(content, account.SATUSEHAT_PUBLIC_KEY.key) : content,
      deadline,
    });
  }
}

function sealedWithin({ token, privateKey }: FrameSession): Pick<Call, 'form' | 'headers' | 'own'> {
  return { form: 'sealed', headers: { 'x-frame-token': token }, own: createPrivateKey(privateKey) };
}

/** Exactly these members in this order (satusehat.md §3). */
function validationRequest({ name, nik }: NamedPerson, { publicKeyPem }: KeyPair): string {
  return JSON.stringify({ agent_name: name, agent_nik: nik, public_key: publicKeyPem });
}

/** Same host and scheme as the service itself (§5): a page elsewhere is never handed to a browser. */
function isTheMinistrys(url: string, { SATUSEHAT_BASE_URL: base }: SatusehatAccount): boolean {
  const page = new URL(url);
  return allows([hostOf(base)], page) && page.origin === new URL(base).origin;
}

function unusable(operation: Operation, hint?: string): PartnerError {
  return new PartnerError(PARTNER, operation, 'error', { hint });
}
