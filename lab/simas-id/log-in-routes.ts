import { randomBytes, randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { html } from '../html';
import { indonesianNumber } from './access-token';
import { logInPage, sendPage } from './log-in-page';
import type { Realm } from './realm';
import type { Grant } from './token-routes';

const TITLE = 'SIMAS-ID';
const CODE_LIFETIME_MS = 60_000;

type Form = Readonly<Record<string, string | undefined>>;

/** A request that may be granted once its person has logged in. */
interface LogInRequest {
  readonly unit: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly scope: string;
  readonly query: Form;
}

/** Authorisation code with PKCE (RFC 6749 §4.1, RFC 7636), and OpenID Connect RP-Initiated Logout 1.0. */
export function logInRoutes(app: FastifyInstance, realm: Realm, codes: Map<string, Grant>): void {
  app.get('/auth', (request, reply) => {
    const asked = readRequest(request, reply);
    return asked === undefined
      ? reply
      : sendPage(reply, 200, TITLE, logInPage(asked.unit, asked.query['login_hint'] ?? ''));
  });

  app.post<{ Body: Form | null }>('/auth', (request, reply) => {
    const asked = readRequest(request, reply);
    if (asked === undefined) return reply;
    const { phoneNumber = '', name = '', officer } = request.body ?? {};
    if (!indonesianNumber(phoneNumber).startsWith('628')) {
      const problem = 'Bukan nomor seluler Indonesia / Not a mobile number of Indonesia';
      return sendPage(reply, 400, TITLE, logInPage(asked.unit, phoneNumber, problem));
    }
    const { unit, redirectUri, challenge, scope, query } = asked;
    const code = randomBytes(32).toString('base64url');
    codes.set(code, {
      person: { unit, phoneNumber, name, officer: officer === 'true' },
      session: { sid: randomUUID(), scope },
      redirectUri,
      challenge,
      nonce: query['nonce'],
      expiresAtMs: realm.now().getTime() + CODE_LIFETIME_MS,
    });
    return goTo(reply, redirectUri, { code, state: query['state'], iss: realm.issuer() });
  });

  app.route<{ Body: Form | null }>({
    method: ['GET', 'POST'],
    url: '/logout',
    handler: (request, reply) => {
      const asked: Form = { ...queryOf(request), ...request.body };
      const to = asked['post_logout_redirect_uri'];
      if (to !== undefined && !isLocal(to)) return unknown(reply, 'post_logout_redirect_uri');
      const sid = realm.keys.verify(asked['id_token_hint'] ?? '')?.['sid'];
      if (typeof sid === 'string') realm.end(sid);
      if (to !== undefined) return goTo(reply, to, { state: asked['state'] });
      return sendPage(reply, 200, TITLE, html`<p>Anda sudah keluar / You are signed out</p>`);
    },
  });

  /** Undefined when it was refused: on a page unless the client may be told (RFC 6749 §4.1.2.1). */
  function readRequest(request: FastifyRequest, reply: FastifyReply): LogInRequest | undefined {
    const query = queryOf(request);
    const { client_id: unit = '', redirect_uri: redirectUri = '', code_challenge: challenge = '' } = query;
    if (!realm.units.includes(unit)) return void unknown(reply, 'client_id');
    if (!isLocal(redirectUri)) return void unknown(reply, 'redirect_uri');
    const refuse = (error: string, error_description: string): void => {
      goTo(reply, redirectUri, { error, error_description, state: query['state'], iss: realm.issuer() });
    };
    if (query['response_type'] !== 'code') return void refuse('unsupported_response_type', 'code is needed');
    if (query['code_challenge_method'] !== 'S256' || !/^[\w-]{43}$/.test(challenge)) {
      return void refuse('invalid_request', 'a code_challenge with the method S256 is needed');
    }
    const isOpenId = (query['scope'] ?? '').split(' ').includes('openid');
    return { unit, redirectUri, challenge, scope: `${isOpenId ? 'openid ' : ''}profile phone`, query };
  }
}

/** Any port of this machine: a developer's front end. */
export function isLocal(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url?.protocol === 'http:' && ['localhost', '127.0.0.1'].includes(url.hostname) && url.hash === '';
}

function queryOf({ url }: FastifyRequest): Form {
  return Object.fromEntries(new URL(url, 'http://simas-id').searchParams);
}

function goTo(reply: FastifyReply, address: string, answer: Form): FastifyReply {
  const url = new URL(address);
  for (const [name, value] of Object.entries(answer)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return reply.header('cache-control', 'no-store').redirect(url.href, 303);
}

function unknown(reply: FastifyReply, parameter: string): FastifyReply {
  const words = `Tidak dikenal / Not known: ${parameter}`;
  return sendPage(reply, 400, TITLE, html`<p role="alert">${words}</p>`);
}
