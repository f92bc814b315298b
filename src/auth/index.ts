export { Access, securitySchemes } from './access/access.decorator';
export { Authenticator, type ProofDocumentation } from './access/authenticator';
export { Cors } from './access/cors';
export { AuthModule } from './auth.module';
export { authSettings } from './auth.settings';
export { BackOffice, BasicAuthGuard } from './basic/basic-auth.guard';
export { BasicVerifier, type UnitCredential } from './basic/basic-verifier';
export {
  type BackOfficeCaller,
  type Caller,
  type Context,
  contextOf,
  Ctx,
  type PartnerCaller,
  type UserCaller,
} from './caller';
export { FailedCredentials, TOO_MANY_FAILURES } from './failed-credentials';
export { BearerAuthGuard, User } from './token/bearer-auth.guard';
export { rolesOf, sessionOf, type TokenSession } from './token/token-claims';
export { UserVerifiedWithSimasId } from './userinfo/userinfo.guards';
export { SIMAS_ID_CHECKUP } from './simas-id-checkup';
export { TOKEN_EXPLAINER, type TokenExplanation, TokenExplainer } from './token/token-explainer';
export { REASONS } from './token/token-refused';
