import type { components } from '../generated/api.ts';
import type { KycClient } from './client.ts';
import { KycError } from './errors.ts';

/** One thing that happened to a submission. */
export type SubmissionEvent = components['schemas']['Event'];

export interface WatchOptions {
  readonly signal?: AbortSignal;
  /** The `seq` of the last event that is known; without it the first one comes first. */
  readonly after?: number;
}

/** After these the gateway has nothing more to tell. */
const LAST: ReadonlySet<string> = new Set(['common_kyc.shared', 'kyc.rejected', 'person.erased']);
/** The gateway says something every 20 s: a connection that is silent for longer is dead. */
const SILENT_MS = 60_000;
const MAX_WAIT_MS = 30_000;

/**
 * The events of a submission as they happen, each once and in order, over connections that break and access tokens that end. It is
 * over when the submission is, or when `signal` says so.
 * @throws KycError when the gateway refuses for good
 */
export async function* watchSubmission(
  client: KycClient,
  submissionId: string,
  { signal, after }: WatchOptions = {},
): AsyncGenerator<SubmissionEvent, void, undefined> {
  let last = after;
  let retryMs = 3_000;
  let failures = 0;
  while (!signal?.aborted) {
    const connection = new Connection(signal);
    let waitMs = Math.min(retryMs * 2 ** failures++, MAX_WAIT_MS);
    try {
      const { data, error, response } = await client.GET('/v1/submissions/{id}/stream', {
        params: {
          path: { id: submissionId },
          header: last === undefined ? {} : { 'Last-Event-ID': String(last) },
        },
        parseAs: 'stream',
        signal: connection.signal,
      });
      if (response.status === 204) return;
      if (!data) {
        const refusal = new KycError(response.status, error, response.headers.get('retry-after'));
        if (response.status < 500 && response.status !== 429) throw refusal;
        waitMs = Math.max(waitMs, (refusal.retryAfterSeconds ?? 0) * 1000);
      } else {
        failures = 0;
        for await (const { name, value } of fieldsOf(data, connection)) {
          if (name === 'retry') retryMs = Number(value);
          if (name !== 'data') continue;
          const event = JSON.parse(value) as SubmissionEvent;
          last = event.seq;
          yield event;
          if (LAST.has(event.type)) return;
        }
        waitMs = retryMs;
      }
    } catch (error) {
      // What else fails is the connection.
      if (error instanceof KycError) throw error;
    } finally {
      connection.close();
    }
    await wait(waitMs, signal);
  }
}

/** One request, given up when the watcher wants no more or nothing is heard for too long. */
class Connection {
  readonly #abort = new AbortController();
  readonly close = (): void => {
    clearTimeout(this.#silence);
    this.watcher?.removeEventListener('abort', this.close);
    this.#abort.abort();
  };
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly watcher: AbortSignal | undefined) {
    watcher?.addEventListener('abort', this.close);
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  heard(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(this.close, SILENT_MS);
  }
}

interface Field {
  readonly name: string;
  readonly value: string;
}

/** The fields of an event stream (WHATWG HTML §9.2.6); the gateway writes an event's data in one line. */
async function* fieldsOf(stream: ReadableStream<Uint8Array>, connection: Connection): AsyncGenerator<Field> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    connection.heard();
    const lines = (rest + decoder.decode(value, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, name, text = ''] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
      if (name !== undefined) yield { name, value: text };
    }
  }
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
