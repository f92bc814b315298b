import { Injectable, type OnModuleInit } from '@nestjs/common';
import { PersonErasure } from '../../kyc-ledger';
import type { Transaction } from '../../platform/database';
import { readIdentifier } from '../intake/identifier';
import { NewDeliveries } from '../intake/new-deliveries';

/**
 * What became of a person's codes is forgotten with them, and a code under way is not sent any more. That they were sent codes today
 * stays for a day, under a keyed digest: the limits protect whoever has the number, and being forgotten must not reset them.
 */
@Injectable()
export class ForgottenRecipients implements OnModuleInit {
  constructor(
    private readonly erasure: PersonErasure,
    private readonly newDeliveries: NewDeliveries,
  ) {}

  onModuleInit(): void {
    this.erasure.alsoForgetPhone((tx, unit, phone) => this.#forget(tx, unit, phone));
  }

  async #forget(tx: Transaction, businessUnit: string, phone: string): Promise<void> {
    const identifier = readIdentifier(phone);
    if (identifier === undefined) return;
    const whom = [businessUnit, this.newDeliveries.recipientDigest(businessUnit, identifier)];
    // In the order in which accepting locks them, and in statements of their own: each sees what whoever it waited for has written, a code
    // just accepted and an attempt just begun.
    await tx.query(FORGET_NEWEST_CODE, whom);
    const mine = await tx.query<{ id: string }>(LOCK_DELIVERIES, whom);
    await tx.query(FORGET_RESETS, whom);
    await tx.query(FORGET_DELIVERIES, [businessUnit, mine.map(({ id }) => id)]);
  }
}

const FORGET_NEWEST_CODE = `UPDATE otp_recipient SET newest_code = '' WHERE business_unit = $1 AND recipient = $2`;

const FORGET_RESETS = `DELETE FROM otp_limit_reset WHERE business_unit = $1 AND recipient = $2`;

/** In order, here as everywhere. */
const LOCK_DELIVERIES = `SELECT id FROM otp_delivery WHERE business_unit = $1 AND recipient = $2 ORDER BY id FOR UPDATE`;

/** Attempts name the provider's messages, and WhatsApp's ids hold the number. */
const FORGET_DELIVERIES = `
WITH attempts AS (
  DELETE FROM otp_attempt WHERE business_unit = $1 AND delivery_id = ANY ($2::uuid[])
), keys AS (
  DELETE FROM otp_idempotency_key WHERE business_unit = $1 AND delivery_id = ANY ($2::uuid[])
)
DELETE FROM otp_delivery WHERE business_unit = $1 AND id = ANY ($2::uuid[])`;
