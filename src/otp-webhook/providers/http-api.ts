import { Untried } from '../../platform/checkup';
import { formOf, isForeignPage, jsonOf, PartnerError, retryAfterSeconds } from '../../platform/outbound';
import type { ClientContext, OtpClient, OtpMessage, Outcome, Refusal, SendResult } from './otp-provider';

type Headers = Readonly<Record<string, string>>;

/** What an answer means; the body is undefined where it is no JSON, or never came. */
export type ReadAnswer = (httpStatus: number, body: unknown) => SendResult;

/** One unit's account at a provider with an HTTP API: what is the provider's own about sending by it. */
interface HttpApi {
  /** In metrics and errors. */
  readonly partner: string;
  readonly baseUrl: string;
  /** The request that hands a message over. An object goes as JSON, parameters as a form, a text as it stands. */
  readonly request: (message: OtpMessage) => {
    readonly url: string;
    readonly method?: 'POST' | 'PUT';
    readonly headers?: Headers;
    readonly body: object | URLSearchParams | string;
  };
  readonly readAnswer: ReadAnswer;
  /** Something harmless that the account may read, and what `npm run doctor` says when it does. */
  readonly checkup?: { readonly url: string; readonly headers: Headers; readonly found: string };
  readonly handOver?: OtpClient['handOver'];
}

/** Sends by an HTTP API. */
export function httpOtpClient(context: ClientContext, api: HttpApi): OtpClient {
  const { partner, checkup, handOver, readAnswer } = api;
  const http = context.httpClient(partner, api.baseUrl);
  return {
    handOver,
    send: async (message, deadline) => {
      const { url, method = 'POST', headers, body } = api.request(message);
      const [contentType, text] = encoded(body);
      try {
        const request = { method, url, headers: { ...contentType, ...headers }, body: text, deadline };
        const answer = await http.send({ operation: 'send', ...request });
        // A word that the provider has not said: a no says nothing about the account or the number, and whether a yes is one is unknown.
        const result: SendResult = isForeignPage(answer)
          ? { outcome: answer.status < 400 ? 'unknown' : 'transient', errorCode: `http_${answer.status}` }
          : readAnswer(answer.status, jsonOf(answer.body));
        const { host } = new URL(url);
        const why = result.outcome === 'unknown' ? { cause: formOf(answer), host } : undefined;
        return { ...result, why, retryAfterSeconds: retryAfterSeconds(answer.headers, Date.now()) };
      } catch (error) {
        return withoutAnswer(error, readAnswer);
      }
    },
    probe: async (deadline) => {
      if (checkup === undefined) throw new Untried('an SMS would have to be sent');
      const { url, headers, found } = checkup;
      const answer = await http.send({ operation: 'checkup', method: 'GET', url, headers, deadline });
      if (answer.status !== 200) throw new PartnerError(partner, 'checkup', 'error', { answer });
      return found;
    },
  };
}

function encoded(body: object | string): readonly [Headers, string] {
  if (typeof body === 'string') return [{}, body];
  if (body instanceof URLSearchParams)
    return [{ 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, body.toString()];
  return [{ 'content-type': 'application/json' }, JSON.stringify(body)];
}

/**
 * What a call without a usable answer means: never sent, or unknown. Where the answer's head came and its body did not, the head
 * decides: 2xx took the message, which must not be sent again. Anything but a partner's failure is a bug of ours.
 */
function withoutAnswer(error: unknown, read: ReadAnswer): SendResult {
  if (!(error instanceof PartnerError)) throw error;
  const { brokenStatus, reached, fault, why } = error;
  if (brokenStatus === undefined)
    return { outcome: reached === 'no' ? 'transient' : 'unknown', errorCode: fault, why };
  return isSuccess(brokenStatus) ? { outcome: 'accepted' } : { ...read(brokenStatus, undefined), why };
}

/** A provider's own words in its answers. */
interface AnswerWords {
  /** The message's id in the body of a success; undefined where it is none: whether the message went out is unknown then. */
  readonly taken: (body: unknown) => { readonly messageId: string | undefined } | undefined;
  /** The code in the body of a refusal. */
  readonly code?: (body: unknown) => number | undefined;
  /** What codes mean. */
  readonly outcomes?: OutcomesByCode;
  /** HTTP statuses with a meaning of the provider's own. */
  readonly statuses?: OutcomesByCode;
}

/** Reads answers by the provider's code, else by the HTTP status. */
export function answerReader({ taken, code: codeOf, outcomes = {}, statuses }: AnswerWords): ReadAnswer {
  return (httpStatus, body) => {
    if (isSuccess(httpStatus)) {
      const message = taken(body);
      return message === undefined ? { outcome: 'unknown' } : { outcome: 'accepted', ...message };
    }
    const code = codeOf?.(body);
    if (code !== undefined) return { ...refusalOf(code, outcomes, httpStatus), errorCode: String(code) };
    const outcome = statuses?.[httpStatus];
    const refusal = outcome === undefined ? refusalOfStatus(httpStatus) : { outcome };
    return { ...refusal, errorCode: `http_${httpStatus}` };
  };
}

/** Wrong credentials, no credit, no permission: true of every message. */
const SETUP_STATUSES = new Set([401, 402, 403]);
/**
 * About the way or the address, never about the account or the number (RFC 9110 §15.5, RFC 7725): what stands in between says so without
 * a code of the provider's, and may be gone with the next try.
 */
const OF_THE_WAY = new Set([404, 405, 407, 409, 410, 421, 451]);

type OutcomesByCode = Readonly<Record<number, Outcome>>;

/** What each of a provider's codes means, from a list of codes for each meaning. */
export function outcomesByCode(codes: Partial<Record<Outcome, readonly number[]>>): OutcomesByCode {
  const meanings = Object.entries(codes) as [Outcome, readonly number[]][];
  return Object.fromEntries(meanings.flatMap(([outcome, all]) => all.map((code) => [code, outcome])));
}

/** What a code means; an unknown one needs an operator, unless the status says "later". */
export function refusalOf(code: number, outcomes: OutcomesByCode, httpStatus = 400): Refusal {
  const outcome = outcomes[code];
  if (outcome !== undefined) return { outcome };
  return isLater(httpStatus) ? { outcome: 'transient' } : { outcome: 'setup', unlisted: true };
}

function refusalOfStatus(httpStatus: number): Refusal {
  if (isLater(httpStatus) || OF_THE_WAY.has(httpStatus)) return { outcome: 'transient' };
  return SETUP_STATUSES.has(httpStatus) ? { outcome: 'setup' } : { outcome: 'setup', unlisted: true };
}

function isLater(httpStatus: number): boolean {
  return httpStatus === 408 || httpStatus === 425 || httpStatus === 429 || httpStatus >= 500;
}

function isSuccess(httpStatus: number): boolean {
  return httpStatus >= 200 && httpStatus < 300;
}
