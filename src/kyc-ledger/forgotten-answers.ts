import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '../platform/database';
import { FirstAnswers } from '../platform/idempotency';
import { PersonErasure } from './person-erasure';

/** The answers that wait for a repeat are forgotten with the person they are about, also while their data is only restricted. */
@Injectable()
export class ForgottenAnswers implements OnModuleInit {
  constructor(
    private readonly erasure: PersonErasure,
    private readonly answers: FirstAnswers,
  ) {}

  onModuleInit(): void {
    const forget = (tx: Transaction, unit: string, person: string): Promise<void> =>
      this.#forget(tx, unit, person);
    this.erasure.alsoForget(forget);
    this.erasure.alsoHide(forget);
  }

  async #forget(tx: Transaction, unit: string, person: string): Promise<void> {
    const submissions = await tx.query<{ id: string }>(
      'SELECT id FROM kyc_submission_opening WHERE business_unit = $1 AND person_id = $2',
      [unit, person],
    );
    await this.answers.eraseAbout(
      tx,
      unit,
      submissions.map(({ id }) => id),
    );
  }
}
