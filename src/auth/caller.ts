import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Deadline } from '../platform/time';

declare module 'fastify' {
  interface FastifyRequest {
    /** Until when an answer is of use; the access guard sets it. */
    deadline?: Deadline;
    /** Who makes the request, once proven. */
    caller?: Caller;
    /** The business unit of a token that holds; more may be asked of the person before there is a caller. */
    tokenUnit?: string;
  }
}

/** A person, proven by a SIMAS-ID access token. */
export interface UserCaller {
  readonly kind: 'user';
  readonly businessUnit: string;
  /** `sub`: the person, within SIMAS-ID. Phones are reassigned, subjects are not. */
  readonly subject: string;
  /** `628…`; null when `preferred_username` is no Indonesian mobile number. */
  readonly phoneNumber: string | null;
  /** What they log in with, or SIMAS-ID verified; in lower case. */
  readonly emailAddresses: readonly string[];
  readonly name: string | null;
  /** When the token ends. */
  readonly expiresAt: Date;
}

/** A business unit's back office, proven by one of the unit's API credentials. */
export interface BackOfficeCaller {
  readonly kind: 'back-office';
  readonly businessUnit: string;
  /** User name of the credential that was used; safe to log. */
  readonly credential: string;
}

/** A partner calling back on behalf of a business unit. */
export interface PartnerCaller {
  readonly kind: 'partner';
  readonly businessUnit: string;
  readonly partner: string;
}

export type Caller = UserCaller | BackOfficeCaller | PartnerCaller;

/** Who asks, under which request, and until when an answer is of use: what everything done for a caller starts with. */
export interface Context<C extends Caller = Caller> {
  readonly requestId: string;
  readonly caller: C;
  readonly deadline: Deadline;
}

/** Until when an answer to a request is of use, on a route that is not public. */
export function deadlineOf({ deadline }: FastifyRequest): Deadline {
  if (deadline === undefined) throw new Error('a public route has no deadline');
  return deadline;
}

/** Who makes a request on a route that is not public; for guards and interceptors. Controllers take {@link Ctx}. */
export function contextOf(request: FastifyRequest): Context {
  const { id: requestId, caller } = request;
  if (caller === undefined) throw new Error('a public route has no caller');
  return { requestId, caller, deadline: deadlineOf(request) };
}

/** The {@link Context} of a route that is not public: `@Ctx() context: Context<UserCaller>`, matching the route's `@Access(...)`. */
export const Ctx = createParamDecorator((_: unknown, execution: ExecutionContext): Context =>
  contextOf(execution.switchToHttp().getRequest<FastifyRequest>()),
);
