import 'reflect-metadata';
import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { passportJwtSecret } from 'jwks-rsa';
import { ExpressAdapter } from 'nest-express-adapter';
import { ExtractJwt, Strategy } from 'passport-jwt';

/** The yardstick: Nest on Express with passport-jwt and jwks-rsa, as their READMEs show; without log or metrics. */
interface Claims {
  readonly sub: string;
  readonly azp: string;
  readonly preferred_username: string;
  readonly name: string;
  readonly exp: number;
}

class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({
      secretOrKeyProvider: passportJwtSecret({
        cache: true,
        rateLimit: true,
        jwksRequestsPerMinute: 5,
        jwksUri: process.env['SIMAS_ID_JWKS_URI'] ?? '',
      }),
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      audience: 'nanovest',
      issuer: process.env['SIMAS_ID_ISSUER'] ?? '',
      algorithms: ['RS256'],
    });
  }

  validate(claims: Claims): Claims {
    return claims;
  }
}

@Controller('v1/me')
class MeController {
  @UseGuards(AuthGuard('jwt'))
  @Get()
  me(@Req() { user }: { readonly user: Claims }): object {
    return {
      sub: user.sub,
      businessUnit: user.azp,
      phoneNumber: user.preferred_username,
      name: user.name,
      expiresAt: new Date(user.exp * 1000).toISOString(),
    };
  }
}

@Module({ imports: [PassportModule], controllers: [MeController], providers: [JwtStrategy] })
class StockModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(StockModule, new ExpressAdapter(), { logger: false });
  await app.listen(Number(process.env['PORT']), '127.0.0.1');
}

void main();
