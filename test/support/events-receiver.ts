import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

/** A try as the unit's own back end saw it. */
export interface ReceivedEvent {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: string;
  readonly body: {
    readonly type: string;
    readonly timestamp: string;
    readonly data: Readonly<Record<string, unknown>> & {
      readonly seq: number;
      readonly submissionId: string | null;
    };
  };
}

/** An answer by status, or what is done to the connection instead. */
export type Reaction = number | 'hang' | 'reset' | 'redirect';

/** A unit's own back end that events are posted to. */
export interface EventsReceiver {
  readonly url: string;
  /** Every try that came, in order. */
  readonly tries: readonly ReceivedEvent[];
  /** The tries that were taken. */
  readonly taken: readonly ReceivedEvent[];
  /** How tries are answered from now on; those that hang are cut off. */
  react(how: (event: ReceivedEvent) => Reaction | Promise<Reaction>): void;
  close(): Promise<void>;
}

export async function startEventsReceiver(): Promise<EventsReceiver> {
  const tries: ReceivedEvent[] = [];
  const taken: ReceivedEvent[] = [];
  const hung: ServerResponse[] = [];
  let reaction: (event: ReceivedEvent) => Reaction | Promise<Reaction> = () => 204;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const raw = await text(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const event = {
      id: headers['webhook-id'] ?? '',
      headers,
      raw,
      body: JSON.parse(raw) as ReceivedEvent['body'],
    };
    tries.push(event);
    const how = await reaction(event);
    if (how === 'reset') return void request.socket.destroy();
    if (how === 'hang') return void hung.push(response);
    if (how === 'redirect') return void response.writeHead(307, { location: url }).end();
    if (how < 300) taken.push(event);
    response.writeHead(how).end('an answer that nobody keeps: canary answer');
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? String(address?.port) : ''}/events`;
  return {
    url,
    tries,
    taken,
    react: (how) => {
      reaction = how;
      for (const response of hung.splice(0)) response.destroy();
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** Whether the secret's holder can tell that the try is genuine. */
export function isGenuine(secret: string, { raw, headers }: ReceivedEvent): boolean {
  try {
    new Webhook(secret).verify(raw, headers);
    return true;
  } catch {
    return false;
  }
}
