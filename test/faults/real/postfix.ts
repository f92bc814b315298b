import { execFileSync } from 'node:child_process';
import {
  chownSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../lab/free-ports.fixture';
import { TestAuthority } from '../../support/certificates';
import { Server } from './programs';

/** What Postfix is to say to a recipient: an action of its access tables; undefined goes on. */
export type Verdict = (recipient: string) => string | undefined;

/** The account that Debian's Postfix delivers with. */
const NOBODY = 65_534;
export const BANNER_AFTER_S = 2;

/**
 * Debian's Postfix as a business unit's mail server: TLS with an authority of its own, the mailbox `anybody@mail.test` and no other,
 * and a policy that the test decides. On the slow port the greeting comes late.
 */
export class Postfix {
  verdict: Verdict = () => undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'postfix-'));
  readonly #policy: NetServer;
  #server: Server | undefined;
  readonly #port: Readonly<Record<'usual' | 'slow', number>>;

  private constructor(port: number) {
    this.#port = { usual: port, slow: port + 1 };
    this.#policy = createServer((socket) => {
      let asked = '';
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk: Buffer) => {
        asked += chunk.toString();
        if (!asked.endsWith('\n\n')) return;
        const recipient = /^recipient=(.*)$/m.exec(asked)?.[1] ?? '';
        asked = '';
        socket.write(`action=${this.verdict(recipient) ?? 'DUNNO'}\n\n`);
      });
    });
  }

  static async start(): Promise<Postfix> {
    const postfix = new Postfix(await freePorts(2));
    await new Promise<void>((resolve) => postfix.#policy.listen(0, '127.0.0.1', resolve));
    postfix.#configure();
    postfix.#server = new Server(
      ['/usr/sbin/postfix', '-c', postfix.#configuration, 'start-fg'],
      postfix.#port.usual,
    );
    await postfix.#server.start();
    return postfix;
  }

  /** For `NODE_EXTRA_CA_CERTS`. */
  get caFile(): string {
    return join(this.#folder, 'authority.pem');
  }

  url(port: 'usual' | 'slow' = 'usual'): string {
    return `smtp://localhost:${this.#port[port]}`;
  }

  /** Mails in the mailbox, as they were delivered. */
  mails(): readonly string[] {
    const folder = join(this.#mailboxes, 'anybody', 'new');
    try {
      return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    } catch {
      return []; // none yet
    }
  }

  async close(): Promise<void> {
    await this.#server?.end();
    this.#policy.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #configuration(): string {
    return join(this.#folder, 'etc');
  }

  get #mailboxes(): string {
    return join(this.#folder, 'mail');
  }

  #configure(): void {
    const inFolder = (name: string): string => join(this.#folder, name);
    chmodSync(this.#folder, 0o755);
    for (const name of ['etc', 'queue', 'data', 'mail']) mkdirSync(inFolder(name), { mode: 0o755 });
    chownSync(inFolder('mail'), NOBODY, NOBODY);
    const owner = Number(execFileSync('id', ['-u', 'postfix'], { encoding: 'utf8' }));
    chownSync(inFolder('data'), owner, 0);
    const authority = new TestAuthority();
    writeFileSync(this.caFile, authority.certificate);
    writeFileSync(inFolder('cert.pem'), authority.serverCertificate('localhost', 24));
    writeFileSync(inFolder('key.pem'), authority.key, { mode: 0o600 });
    const policy = (this.#policy.address() as AddressInfo).port;
    const main = {
      compatibility_level: '3.6',
      queue_directory: inFolder('queue'),
      data_directory: inFolder('data'),
      maillog_file: inFolder('mail.log'),
      maillog_file_prefixes: tmpdir(),
      myhostname: 'mail.test',
      mydestination: '',
      inet_interfaces: '127.0.0.1',
      inet_protocols: 'ipv4',
      mynetworks: '127.0.0.0/8',
      virtual_mailbox_domains: 'mail.test',
      virtual_mailbox_base: this.#mailboxes,
      virtual_mailbox_maps: 'inline:{ anybody@mail.test=anybody/ }',
      virtual_minimum_uid: '1',
      virtual_uid_maps: `static:${NOBODY}`,
      virtual_gid_maps: `static:${NOBODY}`,
      smtpd_tls_security_level: 'encrypt',
      smtpd_tls_received_header: 'yes',
      smtpd_tls_cert_file: inFolder('cert.pem'),
      smtpd_tls_key_file: inFolder('key.pem'),
      smtpd_recipient_restrictions: `check_policy_service inet:127.0.0.1:${policy}, reject_unauth_destination`,
      // Every mail is a connection from the same address.
      smtpd_client_connection_rate_limit: '0',
      smtpd_error_sleep_time: '0',
    };
    const lines = Object.entries(main).map(([name, value]) => `${name} = ${value}\n`);
    writeFileSync(inFolder('etc/main.cf'), lines.join(''));
    const { usual, slow } = this.#port;
    writeFileSync(
      inFolder('etc/master.cf'),
      `127.0.0.1:${usual} inet n - n - - smtpd
127.0.0.1:${slow} inet n - n - - smtpd
  -o smtpd_delay_reject=no -o { smtpd_client_restrictions = sleep ${BANNER_AFTER_S}, permit }
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`,
    );
  }
}
