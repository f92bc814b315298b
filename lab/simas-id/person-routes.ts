import type { FastifyInstance } from 'fastify';
import { reasonOf } from '../gateway-link';
import type { PageLink } from '../html';
import type { TokenRequest } from './access-token';
import { GatewayNotConnected, type OtpRequest, type SentOtp } from './otp-sender';
import { simasIdPage } from './page';

/** What a person may ask of the realm. */
interface RealmDoor {
  mintToken(request: TokenRequest): string;
  currentKid(): string;
  rotateKey(options: { keepOld: boolean }): Promise<void>;
  revoke(sub: string): void;
  sendOtp(request: OtpRequest): Promise<SentOtp>;
}

/** As {@link TokenRequest}; a page's check box is a text. */
type TokenForm = Partial<Omit<TokenRequest, 'officer'>> & { readonly officer?: boolean | string };

/** What a person at the lab uses instead of the SIMAS-ID app. */
export function personRoutes(
  app: FastifyInstance,
  { realm, units, links }: { realm: RealmDoor; units: readonly string[]; links: () => readonly PageLink[] },
): void {
  app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(simasIdPage(units, links())));

  app.post<{ Body: TokenForm | null }>('/lab/tokens', ({ body }, reply) => {
    const { unit, phoneNumber, officer } = body ?? {};
    if (unit === undefined || !units.includes(unit) || typeof phoneNumber !== 'string') {
      return reply
        .code(400)
        .send({ message: `unit (one of ${units.join(', ')}) and phoneNumber are needed` });
    }
    const accessToken = realm.mintToken({ ...body, unit, phoneNumber, officer: String(officer) === 'true' });
    const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as {
      exp?: number;
      iat?: number;
    };
    return { accessToken, tokenType: 'Bearer', expiresIn: (claims.exp ?? 0) - (claims.iat ?? 0), claims };
  });

  app.post<{ Body: Partial<OtpRequest> | null }>('/lab/otp', async ({ body }, reply) => {
    const { unit, identifier, channel, otp } = body ?? {};
    if (typeof unit !== 'string' || typeof identifier !== 'string' || typeof channel !== 'string') {
      return reply.code(400).send({ message: 'unit, identifier and channel are needed' });
    }
    try {
      const request = { unit, identifier, channel, ...(otp === undefined ? {} : { otp }) };
      const { status, body: answer, durationMs } = await realm.sendOtp(request);
      return { status, body: answer, durationMs };
    } catch (error) {
      return reply.code(error instanceof GatewayNotConnected ? 409 : 502).send({ message: reasonOf(error) });
    }
  });

  app.post<{ Body: { keepOld?: boolean } | null }>('/lab/rotate-key', async ({ body }) => {
    await realm.rotateKey({ keepOld: body?.keepOld ?? true });
    return { kid: realm.currentKid() };
  });

  app.post<{ Body: { sub?: string } | null }>('/lab/revoke', ({ body }, reply) => {
    if (typeof body?.sub !== 'string') return reply.code(400).send({ message: 'sub is needed' });
    realm.revoke(body.sub);
    return { revoked: body.sub };
  });
}
