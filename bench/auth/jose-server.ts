import fastify from 'fastify';
import { createRemoteJWKSet, jwtVerify } from 'jose';

/** A peer: Fastify and jose, as their READMEs show; without log or metrics. */
const keys = createRemoteJWKSet(new URL(process.env['SIMAS_ID_JWKS_URI'] ?? ''));
const expected = {
  issuer: process.env['SIMAS_ID_ISSUER'] ?? '',
  audience: 'nanovest',
  algorithms: ['RS256'],
};
const app = fastify();

app.get('/v1/me', async (request, reply) => {
  const token = request.headers.authorization?.slice('Bearer '.length);
  if (token === undefined) return reply.status(401).send();
  const { payload } = await jwtVerify(token, keys, expected);
  return {
    sub: payload.sub,
    businessUnit: payload['azp'],
    phoneNumber: payload['preferred_username'],
    name: payload['name'],
    expiresAt: new Date((payload.exp ?? 0) * 1000).toISOString(),
  };
});

void app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
