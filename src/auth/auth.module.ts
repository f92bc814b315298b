import { Global, Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessGuard } from './access/access.guard';
import { Cors } from './access/cors';
import { BackOffice } from './basic/basic-auth.guard';
import { BasicVerifier } from './basic/basic-verifier';
import { FailedCredentials } from './failed-credentials';
import { JwksSnapshot } from './keys/jwks-snapshot.entity';
import { JwksSnapshotRepository } from './keys/jwks-snapshot.repository';
import { KeySetEvents } from './keys/key-set-events';
import { KeySetSource } from './keys/key-set-source';
import { JwksCache } from './keys/jwks-cache';
import { MeController } from './me.controller';
import { SimasIdAddresses } from './simas-id-addresses';
import { AccessTokenStrategy } from './token/access-token.strategy';
import { ClaimsValidator } from './token/claims-validator';
import { TokenAudit } from './token/token-audit';
import { User } from './token/bearer-auth.guard';
import { VerifiedTokens } from './token/verified-tokens';
import { UserinfoClient } from './userinfo/userinfo.client';
import { UserAccordingToSimasId, UserVerifiedWithSimasId } from './userinfo/userinfo.guards';
import { UserinfoVerifier } from './userinfo/userinfo-verifier';

/** Who calls, and how they prove it. Global, so that every module's routes can be declared with `@Access(...)`. */
@Global()
@Module({
  imports: [DiscoveryModule, TypeOrmModule.forFeature([JwksSnapshot])],
  controllers: [MeController],
  providers: [
    { provide: APP_GUARD, useClass: AccessGuard },
    Cors,
    User,
    AccessTokenStrategy,
    ClaimsValidator,
    VerifiedTokens,
    TokenAudit,
    UserAccordingToSimasId,
    UserVerifiedWithSimasId,
    UserinfoVerifier,
    UserinfoClient,
    SimasIdAddresses,
    JwksCache,
    KeySetSource,
    JwksSnapshotRepository,
    KeySetEvents,
    BackOffice,
    BasicVerifier,
    FailedCredentials,
  ],
  exports: [BasicVerifier, FailedCredentials, User, UserVerifiedWithSimasId],
})
export class AuthModule {}
