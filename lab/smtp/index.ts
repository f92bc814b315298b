import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { labCredentials } from '../credentials';
import { FaultQueue, type Fault } from '../faults';
import { MessageLog } from '../message-log';
import { nameOf, type PartnerOptions } from '../partner-server';
import { readMail, type Mail } from './mail';

export type { Mail } from './mail';

/** Local part of an address that no mailbox answers to: refused with 550. */
const UNKNOWN_MAILBOX = 'no-such-user';

type Done = (error?: Error | null) => void;

/** A mail server on plain SMTP: authentication optional, every mailbox exists but `no-such-user@…`. */
export class SmtpLab {
  /** `path` of a fault is the command: `CONNECT`, `AUTH`, `MAIL`, `RCPT` or `DATA`; `status` the reply code. */
  readonly faults = new FaultQueue();
  readonly #log: MessageLog<Mail>;
  readonly #sockets = new Set<Socket>();
  readonly #server: SMTPServer;

  constructor(private readonly options: PartnerOptions) {
    this.#log = new MessageLog(options.snapshotFile);
    this.#server = new SMTPServer({
      authOptional: true,
      allowInsecureAuth: true,
      // Its certificate would be self-signed, which a careful client refuses: plain, as loopback allows.
      disabledCommands: ['STARTTLS'],
      disableReverseLookup: true,
      onConnect: (session, done) => void this.#answer('CONNECT', session, done),
      onAuth: (auth, session, done) => {
        const unit = this.#unitOf(auth.username, auth.password);
        const judged =
          unit === undefined ? reply(535, '5.7.8 Authentication credentials invalid') : undefined;
        void this.#answer('AUTH', session, (error) => done(error ?? judged, { user: unit }));
      },
      onMailFrom: (_address, session, done) => void this.#answer('MAIL', session, done),
      onRcptTo: ({ address }, session, done) => {
        const known = !address.startsWith(`${UNKNOWN_MAILBOX}@`);
        void this.#answer('RCPT', session, (error) =>
          done(error ?? (known ? null : reply(550, '5.1.1 No such user'))),
        );
      },
      // A client that dies in the middle of its message ends the stream with an error.
      onData: (stream, session, done) => void this.#take(buffer(stream), session, done).catch(done),
    });
    // A client that goes away, or a reset of our own, is no reason to fall over.
    this.#server.on('error', () => undefined);
  }

  /** `smtp://host:port`, without credentials. */
  get url(): string {
    const { port } = this.#server.server.address() as AddressInfo;
    return `smtp://${nameOf(this.options.host)}:${port}`;
  }

  async listen(host: string, port: number): Promise<void> {
    const { server } = this.#server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      this.#server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  }

  mails(): readonly Mail[] {
    return this.#log.all();
  }

  waitForMail(fits: (mail: Mail) => boolean, timeoutMs?: number): Promise<Mail> {
    return this.#log.waitFor(fits, timeoutMs);
  }

  clear(): void {
    this.#log.clear();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#log.flush();
  }

  #unitOf(user: unknown, password: unknown): string | undefined {
    return this.options.units.find((unit) => {
      const { smtp } = labCredentials(unit);
      return smtp.user === user && smtp.password === password;
    });
  }

  async #take(raw: Promise<Buffer>, session: SMTPServerSession, done: Done): Promise<void> {
    const keep = async (): Promise<void> =>
      this.#log.add(await readMail(await raw, session, this.options.now()));
    const fault = this.faults.take('DATA');
    if (fault?.afterWork === true) await keep();
    else await raw;
    if (fault !== undefined && (await this.#play(fault, session, done))) return;
    if (fault?.afterWork !== true) await keep();
    done();
  }

  async #answer(command: string, session: SMTPServerSession, done: Done): Promise<void> {
    const fault = this.faults.take(command);
    if (fault !== undefined && (await this.#play(fault, session, done))) return;
    done();
  }

  /** Whether the fault took the place of the proper reply. */
  async #play(fault: Fault, session: SMTPServerSession, done: Done): Promise<boolean> {
    if (fault.delayMs !== undefined) await sleep(fault.delayMs, undefined, { ref: false });
    if (fault.hang === true) return true;
    if (fault.reset === true || fault.line !== undefined) {
      for (const socket of this.#sockets) {
        if (socket.remotePort !== session.remotePort) continue;
        if (fault.line === undefined) socket.resetAndDestroy();
        else socket.write(`${fault.line}\r\n`);
      }
      return true;
    }
    if (fault.status === undefined) return false;
    done(reply(fault.status, typeof fault.body === 'string' ? fault.body : 'fault of the lab'));
    return true;
  }
}

/** Rejects with `EADDRINUSE` when the port is taken. */
export async function startSmtpLab(options: PartnerOptions): Promise<SmtpLab> {
  const lab = new SmtpLab(options);
  await lab.listen(options.host, options.port);
  return lab;
}

function reply(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}
