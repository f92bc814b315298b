import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import { HttpService } from '@nestjs/axios';
import { Injectable } from '@nestjs/common';
import { isAxiosError } from 'axios';
import { Trace } from '../../platform/tracing';

const TRY_MS = 15_000;
/** An answer up to this size is read to its end, so that the connection serves the next try. */
const SMALL_ANSWER = 16_384;

/** The answer's status, or why there was none: a word of Node's such as `ECONNREFUSED`, or ours. */
export type Answered =
  { readonly status: number } | { readonly status: null; readonly reason: string; readonly host: string };

/**
 * Posts to business units' own back ends. No breaker: a unit's tries are bounded in number and time, each has its place in the schedule,
 * and what is not tried would have to be planned anew.
 */
@Injectable()
export class WebhookClient {
  readonly #agents = {
    httpAgent: new HttpAgent({ keepAlive: true }),
    httpsAgent: new HttpsAgent({ keepAlive: true }),
  };

  constructor(private readonly http: HttpService) {}

  async post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<Answered> {
    const signal = AbortSignal.timeout(TRY_MS);
    try {
      const answer = await this.http.axiosRef.post<Readable>(url, Buffer.from(body), {
        headers: {
          'content-type': 'application/json',
          'user-agent': 'kyc-gateway',
          ...Trace.header(),
          ...headers,
        },
        signal,
        responseType: 'stream',
        maxRedirects: 0,
        validateStatus: null,
        proxy: false,
        ...this.#agents,
      });
      discard(answer.data, Number(answer.headers['content-length'] ?? Infinity));
      return { status: answer.status };
    } catch (error) {
      const code = isAxiosError(error) ? (error.code ?? error.name) : 'unknown';
      return { status: null, reason: signal.aborted ? 'no answer in time' : code, host: new URL(url).host };
    }
  }
}

function discard(answer: Readable, length: number): void {
  answer.on('error', () => undefined);
  if (length <= SMALL_ANSWER) answer.resume();
  else answer.destroy();
}
