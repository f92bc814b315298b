import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { HttpModule, HttpService } from '@nestjs/axios';
import { Injectable, Global, Module } from '@nestjs/common';
import { type AxiosResponse, isAxiosError } from 'axios';
import {
  bulkhead,
  circuitBreaker,
  ConsecutiveBreaker,
  handleWhen,
  isBrokenCircuitError,
  isBulkheadRejectedError,
} from 'cockatiel';
import type { Histogram } from 'prom-client';
import { GatewayError } from '../errors';
import { HealthModule } from '../health';
import { Metrics } from '../metrics';
import type { Deadline } from '../time';
import { Trace } from '../tracing';
import { type CallOrigin, FairShares } from './fair-shares';
import { allows } from './host-allow-list';
import { OpenFor } from './open-for';
import { PartnerError, type PartnerErrorOptions, type Reached } from './partner-error';
import type { PartnerResponse } from './partner-response';
import { type PartnerWatch, PartnerWatches } from './partner-watch';

/** How one partner is called. */
export interface PartnerPolicy {
  /** As it appears in errors, logs and metric labels. */
  readonly partner: string;
  /** Its name in `/health/ready` (contract §7.10), where its calls alone tell whether it works. */
  readonly check?: string;
  /** Hosts that may be called at all. */
  readonly hosts: readonly string[];
  /** One call's deadline, when the caller brings none or a later one. */
  readonly timeoutMs: number;
  readonly maxResponseBytes?: number;
  /** Calls at once. */
  readonly maxConcurrent?: number;
  /** Calls that wait for their turn, as many as are made at once unless given; the rest are told the partner is unavailable. */
  readonly maxWaiting?: number;
}

/** One call. `operation` is a fixed word: it becomes a metric label. */
export interface PartnerRequest {
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable;
  readonly deadline?: Deadline;
  /** Repeating does no harm: a call that got no answer is tried once more within the deadline. */
  readonly repeatable?: boolean;
  /** For whom: they take no more than their share of the calls at once. */
  readonly origin?: CallOrigin;
}

/** How a call fails here. The partner's own client decides what an answer means. */
type OutboundFault = 'unavailable' | 'timeout' | 'error';

const DEFAULT_MAX_RESPONSE_BYTES = 1024 * 1024;
const DEFAULT_MAX_CONCURRENT = 50;
const BREAKER_FAILURES = 8;
const BREAKER_OPEN_MS = 10_000;
/** After this a unit or person that used its whole share may have room again. */
const ROOM_AGAIN_SECONDS = 1;

/** The HTTP client of one partner: deadline, size cap, no redirects, host allow-list, breaker, concurrency cap, metrics. */
export class PartnerHttpClient {
  readonly #bulkhead;
  readonly #shares;
  readonly #breaker;
  readonly #agents = {
    httpAgent: new HttpAgent({ keepAlive: true }),
    httpsAgent: new HttpsAgent({ keepAlive: true }),
  };

  constructor(
    private readonly http: HttpService,
    private readonly policy: PartnerPolicy,
    private readonly seconds: Histogram<'partner' | 'operation' | 'outcome'>,
    private readonly watch: PartnerWatch,
  ) {
    const concurrent = policy.maxConcurrent ?? DEFAULT_MAX_CONCURRENT;
    this.#breaker = circuitBreaker(
      handleWhen((error) => error instanceof PartnerError && error.fault !== 'refused'),
      { halfOpenAfter: new OpenFor(BREAKER_OPEN_MS), breaker: new ConsecutiveBreaker(BREAKER_FAILURES) },
    );
    this.#breaker.onBreak(() => watch.opened());
    this.#breaker.onReset(() => watch.closed());
    const waiting = policy.maxWaiting ?? concurrent;
    this.#bulkhead = bulkhead(concurrent, waiting);
    this.#shares = FairShares.of(concurrent, waiting);
  }

  /**
   * Sends one request; any HTTP status is an answer, for the client to judge.
   * @throws PartnerError `unavailable` or `timeout`; `error` when the answer is too large
   */
  async send(request: PartnerRequest): Promise<PartnerResponse> {
    try {
      return await this.#guarded(request);
    } catch (error) {
      if (!(error instanceof PartnerError) || !request.repeatable || error.fault !== 'unavailable')
        throw error;
      if (request.deadline !== undefined && request.deadline.remaining() === 0) throw error;
      return this.#guarded(request);
    }
  }

  async #guarded(request: PartnerRequest): Promise<PartnerResponse> {
    const started = performance.now();
    let outcome = 'answered';
    try {
      this.#refuseLate(request);
      const { origin } = request;
      return await (origin === undefined
        ? this.#inTurn(request)
        : this.#shares.run(origin, () => this.#inTurn(request)));
    } catch (error) {
      const fault = this.#turnedAway(request, error) ?? error;
      outcome = fault instanceof PartnerError ? fault.fault : 'unexpected';
      throw fault;
    } finally {
      const { partner } = this.policy;
      this.seconds.observe(
        { partner, operation: request.operation, outcome },
        (performance.now() - started) / 1000,
      );
    }
  }

  #inTurn(request: PartnerRequest): Promise<PartnerResponse> {
    return this.#bulkhead.execute(() => {
      this.#refuseLate(request);
      return this.#breaker.execute(() => this.#once(request));
    });
  }

  /** A deadline that was spent before says nothing about the partner, so the breaker does not count it. */
  #refuseLate(request: PartnerRequest): void {
    if (request.deadline?.remaining() === 0) throw this.#fail(request, 'timeout', 'no', 'no time left');
  }

  #turnedAway(request: PartnerRequest, error: unknown): PartnerError | undefined {
    const held = (cause: string, retryAfterSeconds: number): PartnerError =>
      this.#fail(request, 'unavailable', 'no', cause, { retryAfterSeconds });
    if (isBrokenCircuitError(error)) return held('held back after failures', BREAKER_OPEN_MS / 1000);
    if (isBulkheadRejectedError(error)) return held('too many calls at once', ROOM_AGAIN_SECONDS);
    return undefined;
  }

  async #once(request: PartnerRequest): Promise<PartnerResponse> {
    const url = new URL(request.url);
    if (!allows(this.policy.hosts, url)) throw this.#fail(request, 'error', 'no', 'host not allowed');
    const timeoutMs = Math.min(this.policy.timeoutMs, request.deadline?.remaining() ?? Infinity);
    // Behind the breaker's own trial call a call may have waited.
    if (timeoutMs <= 0) throw this.#fail(request, 'timeout', 'no', 'no time left');
    const signal = AbortSignal.timeout(Math.ceil(timeoutMs));
    const connection = new Connection((socket) => this.watch.secured(socket));
    const startedAt = performance.now();
    try {
      const answer = await this.http.axiosRef.request<Buffer>({
        method: request.method,
        url: url.href,
        headers: { accept: '*/*', ...Trace.header(), ...request.headers },
        ...(request.body === undefined ? {} : { data: request.body }),
        signal,
        responseType: 'arraybuffer',
        maxRedirects: 0,
        maxContentLength: this.policy.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES,
        maxBodyLength: Infinity,
        validateStatus: null,
        transformRequest: [(data: unknown) => data],
        proxy: false,
        transport: connection,
        ...this.#agents,
      });
      this.watch.answered(request.operation, url.host, answer.status, startedAt);
      return response(answer);
    } catch (error) {
      const fault = this.#translate(request, error, signal, connection);
      if (fault instanceof PartnerError && fault.why !== undefined)
        this.watch.unanswered(request.operation, fault.why, startedAt);
      throw fault;
    }
  }

  #translate(request: PartnerRequest, error: unknown, signal: AbortSignal, connection: Connection): unknown {
    if (error instanceof PartnerError) return error;
    // A body that was refused on its way out is the sender's fault: the breaker does not count it.
    if (request.body instanceof Readable && request.body.errored instanceof GatewayError)
      return request.body.errored;
    const reached = connection.made ? 'maybe' : 'no';
    const fail = (fault: OutboundFault, how: Reached, cause: string): PartnerError =>
      this.#fail(request, fault, how, cause, { brokenStatus: connection.status });
    if (signal.aborted)
      return fail('timeout', reached, connection.made ? 'no answer in time' : 'no connection in time');
    if (!isAxiosError(error)) return error;
    const cause = error.code ?? error.name;
    // Axios has one code for an answer above `maxContentLength` and for one that breaks off; only its message tells them apart.
    if (cause === 'ERR_BAD_RESPONSE')
      return fail('error', 'yes', error.message.startsWith('max') ? 'answer too large' : 'answer broken off');
    return fail('unavailable', reached, cause);
  }

  #fail(
    request: PartnerRequest,
    fault: OutboundFault,
    reached: Reached,
    cause: string,
    options: PartnerErrorOptions = {},
  ): PartnerError {
    const why = { cause, host: new URL(request.url).host };
    return new PartnerError(this.policy.partner, request.operation, fault, {
      reached,
      why,
      ...options,
    });
  }
}

function response(answer: AxiosResponse<Buffer>): PartnerResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) headers[name.toLowerCase()] = String(value);
  return { status: answer.status, headers, body: Buffer.from(answer.data) };
}

/** Notes how far one request came: without a connection not a byte of it has left, and an answer has a status though its body breaks. */
class Connection {
  /** TCP is connected and, for https, the TLS handshake is done. */
  made = false;
  /** The status of the answer, from the moment its head is there. */
  status: number | undefined;

  constructor(private readonly secured: (socket: TLSSocket) => void) {}

  /** Makes the request as axios itself would; axios takes this object as its `transport`. */
  request(options: RequestOptions, onAnswer: (answer: IncomingMessage) => void): ClientRequest {
    const secure = options.protocol === 'https:';
    const noting = (answer: IncomingMessage): void => {
      this.status = answer.statusCode;
      onAnswer(answer);
    };
    const request = secure ? httpsRequest(options, noting) : httpRequest(options, noting);
    request.once('socket', (socket) => {
      if (request.reusedSocket) this.made = true;
      else
        socket.once(secure ? 'secureConnect' : 'connect', () => {
          this.made = true;
          if (socket instanceof TLSSocket) this.secured(socket);
        });
    });
    return request;
  }
}

/** Creates the HTTP clients of partners; each partner's client creates its own, once. */
@Injectable()
export class PartnerHttpClients {
  readonly #seconds;

  constructor(
    private readonly http: HttpService,
    private readonly watches: PartnerWatches,
    metrics: Metrics,
  ) {
    this.#seconds = metrics.histogram({
      name: 'partner_request_duration_seconds',
      help: 'Time a partner took to answer, or not to',
      labels: ['partner', 'operation', 'outcome'],
      buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60],
    });
  }

  create(policy: PartnerPolicy): PartnerHttpClient {
    return new PartnerHttpClient(this.http, policy, this.#seconds, this.watches.watch(policy));
  }
}

@Global()
@Module({
  imports: [HttpModule, HealthModule],
  providers: [PartnerHttpClients, PartnerWatches],
  exports: [PartnerHttpClients],
})
export class OutboundModule {}
