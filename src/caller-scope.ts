import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { contextOf, type Caller } from './auth';
import { IdempotencyScope, type KeyOwner } from './platform/idempotency';

/** An `Idempotency-Key` belongs to the person, or to the unit's back office as a whole: its credentials may be rotated. */
@Injectable()
export class CallerScope extends IdempotencyScope {
  override ownerOf(request: FastifyRequest): KeyOwner {
    const { caller } = contextOf(request);
    return { businessUnit: caller.businessUnit, caller: nameOf(caller) };
  }
}

function nameOf(caller: Caller): string {
  switch (caller.kind) {
    case 'user':
      return `user ${caller.subject}`;
    case 'back-office':
      return 'back-office';
    case 'partner':
      return `partner ${caller.partner}`;
  }
}
