import type { PageLink } from '../html';
import { isScenario, samplePicture } from '../gtf';
import { PartnerServer } from '../partner-server';
import { faultRoutes, type PartnerFaults } from './fault-orders';
import { inboxMessages, type InboxSources } from './inbox-content';
import { inboxPage } from './page';

export interface InboxOptions {
  readonly host: string;
  readonly port: number;
  readonly sources: InboxSources;
  /** Pages for people. */
  readonly links: () => readonly PageLink[];
  /** What the lab's partners may be told to do wrong. */
  readonly faults: PartnerFaults;
  /** Addresses for the gateway. */
  readonly partners: () => readonly PageLink[];
}

/** The page where a person sees what arrived at the partners, and the same as JSON, newest first. */
export class InboxLab extends PartnerServer {
  constructor({ sources, links, partners, faults }: InboxOptions) {
    super();
    this.app.get('/', (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .send(inboxPage({ sources, links: links(), partners: partners(), faultsOf: Object.keys(faults) })),
    );
    faultRoutes(this.app, faults);
    this.app.get<{ Params: { scenario: string; kind: string } }>(
      '/samples/:scenario/:kind.png',
      ({ params: { scenario, kind } }, reply) =>
        isScenario(scenario) && (kind === 'ktp' || kind === 'selfie')
          ? reply.type('image/png').send(samplePicture(kind, scenario))
          : reply.code(404).send({ message: 'no such picture' }),
    );
    this.app.get('/api/messages', () => inboxMessages(sources));
    this.app.get('/api/gtf-submissions', () => [...sources.submissions()].reverse());
    this.app.get('/api/common-kyc', () => [...sources.records()].reverse());
    this.app.get<{ Params: { id: string } }>('/mails/:id', ({ params }, reply) => {
      const mail = sources.mails().find(({ id }) => id === params.id);
      if (mail === undefined) return reply.code(404).send({ message: 'no such mail' });
      // A mail's markup is the sender's: it may neither run nor load anything here.
      return reply
        .header(
          'content-security-policy',
          "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
        )
        .type('text/html; charset=utf-8')
        .send(mail.html);
    });
  }
}

/** Rejects with `EADDRINUSE` when the port is taken. */
export async function startInboxLab(options: InboxOptions): Promise<InboxLab> {
  const lab = new InboxLab(options);
  await lab.listen(options.host, options.port);
  return lab;
}
