import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { html, page } from './html';
import { PartnerServer } from './partner-server';

/** What Vite made of `examples/onboarding`. */
const BUILT = join(__dirname, '..', 'examples', 'onboarding', 'dist');

interface OnboardingOptions {
  readonly host: string;
  readonly port: number;
  /** Whose people the page is for. */
  readonly units: readonly string[];
  readonly issuer: () => string;
}

/** A person's front end of the first unit, on an origin of its own as in real life: `examples/onboarding`, as it was built. */
export class OnboardingLab extends PartnerServer {
  #gateway = '';

  constructor({ units: [clientId = ''], issuer }: OnboardingOptions) {
    super();
    this.app.addHook('onRequest', (_request, reply, done) => {
      void reply.headers({
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'; " +
          `frame-ancestors 'none'; connect-src 'self' ${originOf(this.#gateway)} ${originOf(issuer())}`,
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      });
      done();
    });
    this.app.get('/settings.json', (_request, reply) =>
      reply.header('cache-control', 'no-store').send({ gateway: this.#gateway, issuer: issuer(), clientId }),
    );
    if (existsSync(BUILT)) void this.app.register(fastifyStatic, { root: BUILT });
    else this.app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(notBuilt()));
  }

  connectGateway(url: string): void {
    this.#gateway = url;
  }
}

/** Rejects with `EADDRINUSE` when the port is taken. */
export async function startOnboardingLab(options: OnboardingOptions): Promise<OnboardingLab> {
  const lab = new OnboardingLab(options);
  await lab.listen(options.host, options.port);
  return lab;
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '';
}

function notBuilt(): string {
  const body = html`<p>
    The page is not built: <code>npm run build -w examples/onboarding</code> makes it.
  </p>`;
  return page({ title: 'Onboarding', links: [], body });
}
