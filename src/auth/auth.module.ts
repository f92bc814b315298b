import { Global, Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { AccessGuard } from './access/access.guard';
import { AccessRules } from './access/access-rules';
import { BackOffice } from './basic/back-office.proof';
import { BasicVerifier } from './basic/basic-verifier';
import { FailedCredentials } from './failed-credentials';
import { KeySetArchive } from './keys/key-set-archive';
import { KeySetEvents } from './keys/key-set-events';
import { KeySetSource } from './keys/key-set-source';
import { KeySetHealth } from './keys/key-set-health';
import { KeyStore } from './keys/key-store';
import { MeController } from './me.controller';
import { SimasIdAddresses } from './simas-id-addresses';
import { AccessTokenStrategy } from './token/access-token.strategy';
import { ClaimsJudge } from './token/claims-judge';
import { TokenVerdicts } from './token/token-verdicts';
import { User } from './token/user.proof';
import { VerifiedTokens } from './token/verified-tokens';
import { UserinfoClient } from './userinfo/userinfo.client';
import { UserAccordingToSimasId, UserVerifiedWithSimasId } from './userinfo/userinfo.proofs';
import { UserinfoVerifier } from './userinfo/userinfo-verifier';

/** Who calls, and how they prove it. Global, so that every module's routes can be declared with `@Access(...)`. */
@Global()
@Module({
  imports: [DiscoveryModule],
  controllers: [MeController],
  providers: [
    { provide: APP_GUARD, useClass: AccessGuard },
    AccessRules,
    User,
    AccessTokenStrategy,
    ClaimsJudge,
    VerifiedTokens,
    TokenVerdicts,
    UserAccordingToSimasId,
    UserVerifiedWithSimasId,
    UserinfoVerifier,
    UserinfoClient,
    SimasIdAddresses,
    KeySetHealth,
    KeyStore,
    KeySetSource,
    KeySetArchive,
    KeySetEvents,
    BackOffice,
    BasicVerifier,
    FailedCredentials,
  ],
  exports: [BasicVerifier, FailedCredentials, User, UserVerifiedWithSimasId],
})
export class AuthModule {}
