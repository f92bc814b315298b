import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';

/** One server-sent event. */
export interface StreamedEvent {
  readonly id: string;
  readonly event: string;
  readonly data: { readonly seq: number; readonly type: string; readonly hash: string };
}

/** A browser that watches a submission. */
export class StreamReader {
  readonly events: StreamedEvent[] = [];
  comments = 0;
  /** Milliseconds after which a browser would come back. */
  retryMs: number | undefined;
  ended = false;
  #rest = '';

  private constructor(private readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#read(text));
    response.on('close', () => (this.ended = true));
    response.on('error', () => undefined);
  }

  static open(url: string, headers: Readonly<Record<string, string>>): Promise<StreamReader> {
    return new Promise((resolve, reject) => {
      const asked = request(url, { headers, agent: false }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`the stream answered ${response.statusCode}`));
        else resolve(new StreamReader(response));
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  get headers(): IncomingMessage['headers'] {
    return this.response.headers;
  }

  types(): string[] {
    return this.events.map(({ event }) => event);
  }

  close(): void {
    this.response.destroy();
  }

  #read(text: string): void {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block.startsWith(':')) this.comments += 1;
      else if (block.startsWith('retry: ')) this.retryMs = Number(block.slice('retry: '.length));
      else this.events.push(eventOf(block));
    }
  }
}

/** Everybody who watches in a test. */
export class Watchers {
  readonly #readers: StreamReader[] = [];

  constructor(private readonly gateway: () => { readonly url: string }) {}

  async watch(
    submissionId: string,
    authorization: string,
    { from = this.gateway(), lastEventId }: { from?: { readonly url: string }; lastEventId?: string } = {},
  ): Promise<StreamReader> {
    const reader = await StreamReader.open(`${from.url}/v1/submissions/${submissionId}/stream`, {
      authorization,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    });
    this.#readers.push(reader);
    return reader;
  }

  leave(): void {
    for (const reader of this.#readers.splice(0)) reader.close();
  }
}

function eventOf(block: string): StreamedEvent {
  const fields = Object.fromEntries(
    block.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  return {
    id: fields['id'] ?? '',
    event: fields['event'] ?? '',
    data: JSON.parse(fields['data'] ?? '') as StreamedEvent['data'],
  };
}
