import { Webhook } from 'standardwebhooks';
import { labCredentials } from '../credentials';
import { html, page, table, type PageLink } from '../html';
import { MessageLog } from '../message-log';
import { PartnerServer, type PartnerOptions } from '../partner-server';

/** How events are answered; `hang`: not at all. */
export const ANSWERS = ['200', '500', 'hang', '410'] as const;
export type EventAnswer = (typeof ANSWERS)[number];

/** An event as it was posted. */
export interface LabEvent {
  readonly unit: string;
  /** `webhook-id`. */
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly receivedAt: string;
  /** Whether the signature holds. */
  readonly isGenuine: boolean;
  readonly answer: EventAnswer;
}

const SHOWN = 100;

/** The business units' own back end, to which the gateway posts events. */
export class UnitBackEndLab extends PartnerServer {
  /** How events are answered from now on. */
  answer: EventAnswer = '200';
  readonly #log: MessageLog<LabEvent>;

  constructor(options: PartnerOptions, links: () => readonly PageLink[]) {
    super();
    this.#log = new MessageLog(options.snapshotFile);
    // A signature is over the bytes as they came.
    this.app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    );
    this.app.post<{ Params: { unit: string }; Body: string }>('/events/:unit', async (request, reply) => {
      const { unit } = request.params;
      if (!options.units.includes(unit)) return reply.code(404).send();
      const { answer } = this;
      const receivedAt = options.now().toISOString();
      const { type, data } = JSON.parse(request.body) as Pick<LabEvent, 'type' | 'data'>;
      const id = String(request.headers['webhook-id']);
      const isGenuine = isSigned(unit, request.body, request.headers);
      this.#log.add({ unit, id, type, data, receivedAt, isGenuine, answer });
      if (answer === 'hang') return reply.hijack();
      return reply.code(isGenuine ? Number(answer) : 401).send();
    });
    this.app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(this.#page(links())));
    this.app.get('/api/events', () => [...this.#log.all()].reverse());
    this.app.post<{ Body: { answer?: string } }>('/answer', async ({ body }, reply) => {
      const answer = ANSWERS.find((known) => known === body.answer);
      if (answer === undefined) return reply.code(400).send({ message: `one of ${ANSWERS.join(', ')}` });
      this.answer = answer;
      return reply.redirect('/', 303);
    });
  }

  events(): readonly LabEvent[] {
    return this.#log.all();
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#log.flush();
  }

  #page(links: readonly PageLink[]): string {
    const buttons = ANSWERS.map(
      (answer) => html`<button name="answer" value="${answer}">answer ${answer}</button>`,
    );
    const rows = this.events()
      .slice(-SHOWN)
      .reverse()
      .map(({ unit, id, type, data, receivedAt, isGenuine, answer }) => [
        ...[receivedAt.slice(11, 19), unit, type],
        ...[html`<pre>${JSON.stringify(data, null, 1)}</pre>`, id],
        html`<span class="tag">${isGenuine ? 'verified' : 'forged'}</span>`,
        html`<span class="tag">${answer}</span>`,
      ]);
    const columns = ['Time', 'Unit', 'Type', 'Data', 'webhook-id', 'Signature', 'Answer'];
    return page({
      title: "The unit's own back end",
      links,
      body: html`<p>Events are answered with <strong>${this.answer}</strong>.</p>
        <form method="post" action="/answer">${buttons}</form>
        <h2>Peristiwa / Events (${this.events().length})</h2>
        ${table(columns, rows)}`,
    });
  }
}

function isSigned(unit: string, body: string, headers: Readonly<Record<string, unknown>>): boolean {
  const named = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  try {
    new Webhook(labCredentials(unit).eventsSecret).verify(body, Object.fromEntries(named));
    return true;
  } catch {
    return false;
  }
}

/** Rejects with `EADDRINUSE` when the port is taken. */
export async function startUnitBackEndLab(
  options: PartnerOptions,
  links: () => readonly PageLink[],
): Promise<UnitBackEndLab> {
  const lab = new UnitBackEndLab(options, links);
  await lab.listen(options.host, options.port);
  return lab;
}
