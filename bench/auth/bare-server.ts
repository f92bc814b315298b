import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** The yardstick: the least a Node program must do to verify a token and answer, without framework, log or metrics. */
const issuer = process.env['SIMAS_ID_ISSUER'] ?? '';
const keys = new Map<string, KeyObject>();

interface Claims {
  readonly iss: string;
  readonly exp: number;
  readonly aud: readonly string[];
  readonly azp: string;
  readonly sub: string;
  readonly preferred_username: string;
  readonly name: string;
}

function judge(authorization: string): Claims | undefined {
  const token = authorization.slice('Bearer '.length);
  const [header = '', payload = '', signature = ''] = token.split('.');
  const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as {
    alg: string;
    kid: string;
  };
  const key = keys.get(kid);
  if (alg !== 'RS256' || key === undefined) return undefined;
  const signed = Buffer.from(token.slice(0, header.length + 1 + payload.length));
  if (!verify('sha256', signed, key, Buffer.from(signature, 'base64url'))) return undefined;
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
  const good = claims.iss === issuer && claims.aud.includes('nanovest') && claims.exp * 1000 > Date.now();
  return good ? claims : undefined;
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { authorization } = request.headers;
  const claims = authorization === undefined ? undefined : judge(authorization);
  if (claims === undefined) return void response.writeHead(401).end();
  const body = JSON.stringify({
    sub: claims.sub,
    businessUnit: claims.azp,
    phoneNumber: claims.preferred_username,
    name: claims.name,
    expiresAt: new Date(claims.exp * 1000).toISOString(),
  });
  response
    .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body);
}

async function main(): Promise<void> {
  const set = (await (await fetch(process.env['SIMAS_ID_JWKS_URI'] ?? '')).json()) as {
    keys: (JsonWebKey & { kid: string })[];
  };
  for (const jwk of set.keys) keys.set(jwk.kid, createPublicKey({ key: jwk, format: 'jwk' }));
  createServer(answer).listen(Number(process.env['PORT']), '127.0.0.1');
}

void main();
