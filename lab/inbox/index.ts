import type { PageLink } from '../html';
import { PartnerServer } from '../partner-server';
import { inboxMessages, type InboxSources } from './inbox-content';
import { inboxPage } from './page';

export interface InboxOptions {
  readonly host: string;
  readonly port: number;
  readonly sources: InboxSources;
  /** Pages for people. */
  readonly links: () => readonly PageLink[];
  /** Addresses for the gateway. */
  readonly partners: () => readonly PageLink[];
}

/** The page where a person sees what arrived at the partners, and the same as JSON, newest first. */
export class InboxLab extends PartnerServer {
  constructor({ sources, links, partners }: InboxOptions) {
    super();
    this.app.get('/', (_request, reply) =>
      reply.type('text/html; charset=utf-8').send(inboxPage(sources, links(), partners())),
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
