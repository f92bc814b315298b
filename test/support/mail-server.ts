import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { TestAuthority } from './certificates';

export interface TakenMail {
  readonly to: string;
  readonly content: string;
  readonly user: unknown;
  readonly encrypted: boolean;
}

/** A mail server on the name `localhost` that takes mail over STARTTLS from who logs in, with a certificate of its own authority. */
export class MailServer {
  readonly user = 'nanovest@mail.example';
  readonly password = 'mail p@ss:word/of nanovest';
  readonly mails: TakenMail[] = [];
  /** Said with 451 to a recipient the first time; then they are taken. */
  greylisting: string | undefined;
  readonly #greylisted = new Set<string>();
  readonly #folder = mkdtempSync(join(tmpdir(), 'mail-server-'));
  readonly #server: SMTPServer;

  private constructor() {
    const authority = new TestAuthority();
    writeFileSync(this.caFile, authority.certificate);
    this.#server = new SMTPServer({
      key: authority.key,
      cert: authority.serverCertificate('localhost'),
      disableReverseLookup: true,
      authMethods: ['PLAIN', 'LOGIN'],
      onAuth: ({ username, password }, _session, done) =>
        username === this.user && password === this.password
          ? done(null, { user: username })
          : done(Object.assign(new Error('5.7.8 No'), { responseCode: 535 })),
      onRcptTo: ({ address }, _session, done) => {
        if (this.greylisting === undefined || this.#greylisted.has(address)) return done();
        this.#greylisted.add(address);
        done(Object.assign(new Error(this.greylisting), { responseCode: 451 }));
      },
      onData: (stream, { envelope, user, secure }, done) =>
        void text(stream).then((content) => {
          const to = envelope.rcptTo.map(({ address }) => address).join();
          this.mails.push({ to, content, user, encrypted: secure });
          done();
        }, done),
    });
    this.#server.on('error', () => undefined);
  }

  static async start(): Promise<MailServer> {
    const server = new MailServer();
    await new Promise<void>((resolve) => server.#server.listen(0, 'localhost', resolve));
    return server;
  }

  /** The authority's certificate, for `NODE_EXTRA_CA_CERTS`. */
  get caFile(): string {
    return join(this.#folder, 'ca.pem');
  }

  get url(): string {
    const { port } = this.#server.server.address() as AddressInfo;
    return `smtp://${encodeURIComponent(this.user)}:${encodeURIComponent(this.password)}@localhost:${port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
