import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { GatewayError, invalidRequest } from '../../platform/errors';
import { noteForLog } from '../../platform/http';
import { Deadline } from '../../platform/time';
import { AccessRules } from './access-rules';
import type { Caller } from '../caller';
import type { Authenticator } from './authenticator';
import { enter } from './current-context';

/** Denies by default: a request goes on only when its route's rule is met, and then with a context that says who calls. */
@Injectable()
export class AccessGuard implements CanActivate {
  readonly #budgetMs: number;

  constructor(
    private readonly rules: AccessRules,
    @Inject(platformSettings.token) settings: PlatformSettings,
  ) {
    this.#budgetMs = settings.values.PARTNER_TIMEOUT_MS;
  }

  /** At once where the proof holds at once: a promise that need not be waited for is not made. */
  canActivate(execution: ExecutionContext): true | Promise<true> {
    const rule = this.rules.of(execution.getHandler());
    if (rule === 'public') return true;
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    if (rule === undefined) throw unauthorized([]);
    refuseTwoCredentials(request);
    const proof = rule.find((candidate) => candidate.presented(request));
    if (proof === undefined) throw unauthorized(rule);
    const deadline = Deadline.after(this.#budgetMs);
    const caller = proof.authenticate(request, deadline);
    if (caller instanceof Promise) return caller.then((proven) => admit(request, proven, deadline));
    return admit(request, caller, deadline);
  }
}

function admit(request: FastifyRequest, caller: Caller, deadline: Deadline): true {
  noteForLog(request, { caller: caller.kind, businessUnit: caller.businessUnit });
  enter(request, { requestId: request.id, caller, deadline });
  return true;
}

/** No proof, or one of another kind than the route takes: the answer says which ones it does. */
function unauthorized(proofs: readonly Authenticator[]): GatewayError {
  const challenges = proofs.flatMap(({ challenge }) => challenge ?? []);
  return new GatewayError(401, 'unauthorized', 'This address wants other credentials, or any at all.', {
    headers: challenges.length === 0 ? {} : { 'www-authenticate': challenges.join(', ') },
  });
}

/** Node keeps the first of two `Authorization` headers, a proxy in front may have judged the second. */
function refuseTwoCredentials(request: FastifyRequest): void {
  const headers = request.raw.rawHeaders;
  let seen = 0;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index];
    if (name?.length === 13 && name.toLowerCase() === 'authorization') seen += 1;
  }
  if (seen > 1) throw invalidRequest('Send one Authorization header.');
}
