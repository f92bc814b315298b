// A second, independent SIMAS-ID: `oidc-provider` with the claims of SIMAS-ID's tokens (docs/partners/simas-id.md §3). A child of its
// test, which sends `add-key`, `withdraw-keys`, `away` and `back`; each is answered when it is done, the start too.
import { generateKeyPairSync } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import Provider from 'oidc-provider';

const [port, redirectUri, ...publicClients] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const person = { preferred_username: '6281234567890', name: 'Budi Santoso' };
const generated = (type, options) => generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' });
const rsa = (use) => ({ ...generated('rsa', { modulusLength: 2048 }), ...use });
const signing = () => rsa({ use: 'sig', alg: 'RS256' });

/** Beside the keys of access tokens, as real realms have them: none of these may verify one. */
const otherKeys = [
  rsa({ use: 'sig', alg: 'PS256' }),
  { ...generated('ec', { namedCurve: 'P-256' }), use: 'sig', alg: 'ES256' },
];
const keys = [signing()];
let app = provider();
let server;

/** `resource` says what the token is to be like: `https://api.test/AUDIENCE?alg=RS256&ttl=600`. */
function resourceServer(resource) {
  const { pathname, searchParams } = new URL(resource);
  return {
    scope: 'openid profile',
    audience: pathname.slice(1),
    accessTokenTTL: Number(searchParams.get('ttl') ?? 600),
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: searchParams.get('alg') ?? 'RS256' } },
  };
}

function provider() {
  const code = { redirect_uris: [redirectUri], response_types: ['code'] };
  const made = new Provider(issuer, {
    jwks: { keys: [...keys, ...otherKeys] },
    clients: [
      ...publicClients.map((client_id) => ({
        ...{ client_id, token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] },
        ...code,
      })),
      {
        ...{ client_id: 'nanovest-mobile', client_secret: 'secret-of-mobile', ...code },
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['authorization_code', 'client_credentials'],
      },
    ],
    scopes: ['openid', 'profile'],
    claims: { openid: ['sub'], profile: ['preferred_username', 'name'] },
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...person }) }),
    // What SIMAS-ID's tokens say beyond RFC 9068. Of a program there is nothing to say.
    extraTokenClaims: (_ctx, { kind, clientId, grantId }) => ({
      ...{ typ: 'Bearer', azp: clientId, sid: grantId },
      ...(kind === 'AccessToken' ? person : {}),
    }),
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => resourceServer(resource),
      },
    },
    cookies: { keys: ['cookies-of-the-second-simas-id'] },
  });
  made.use(userinfo(made));
  return made;
}

/** Its own userinfo takes no token that is for an API: this one takes those whose person is still logged in. */
function userinfo(made) {
  return async (ctx, next) => {
    if (ctx.path !== '/v1/oidc/userinfo') return next();
    try {
      const token = ctx.get('authorization').replace(/^Bearer /, '');
      const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(`${issuer}/jwks`)), { issuer });
      if ((await made.Grant.find(payload.sid)) === undefined) throw new Error('logged out');
      ctx.body = { sub: payload.sub, ...person };
    } catch {
      ctx.status = 401;
      ctx.set('www-authenticate', 'Bearer realm="second", error="invalid_token"');
    }
  };
}

async function away() {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
}

async function back() {
  await new Promise((listening) => (server = app.listen(Number(port), '127.0.0.1', listening)));
}

/** It reads its keys when it is made. */
async function withNewKeys() {
  app = provider();
  await away();
  await back();
}

const orders = {
  'add-key': () => {
    keys.unshift(signing()); // the first one signs, all are published
    return withNewKeys();
  },
  'withdraw-keys': () => {
    keys.splice(1);
    return withNewKeys();
  },
  away,
  back,
};
process.on('message', async (order) => {
  await orders[order]();
  process.send(order);
});
process.on('disconnect', () => process.exit());
await back();
process.send('started');
