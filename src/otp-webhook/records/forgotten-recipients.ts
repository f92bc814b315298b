import { Injectable } from '@nestjs/common';
import { PersonalRecords, type RecordedPerson } from '../../kyc-ledger';
import { BlindIndex } from '../../platform/crypto';
import type { Transaction } from '../../platform/database';
import { readIdentifier, recipientDigest } from '../intake/identifier';
import { Delivery, LimitReset, Recipient } from '../otp.entity';

/**
 * What became of a person's codes is forgotten with them, also while their records are only restricted, and a code under way is not sent
 * any more. That they were sent codes today stays for a day, under a keyed digest: the limits protect the number's owner, and being
 * forgotten must not reset them.
 */
@Injectable()
export class ForgottenRecipients extends PersonalRecords {
  /** For programs without this feature's module. */
  static readonly entities = [Delivery, Recipient, LimitReset];
  readonly name = 'otp';

  constructor(private readonly index: BlindIndex) {
    super();
  }

  async forget(tx: Transaction, person: RecordedPerson): Promise<readonly []> {
    const { businessUnit } = person;
    for (const recipient of this.#recipients(person)) {
      const theirs = { businessUnit, recipient };
      // In the order in which accepting locks them, and in statements of their own: each sees what the transaction
      // it waited for has written: a code just accepted, an attempt just begun.
      await tx.manager.update(Recipient, theirs, { newestCode: '' });
      // In the order of ids, as every transaction locks them.
      const mine = await tx.manager.find(Delivery, {
        select: { id: true },
        where: theirs,
        order: { id: 'ASC' },
        lock: { mode: 'pessimistic_write' },
      });
      await tx.manager.delete(LimitReset, theirs);
      await tx.query(FORGET_DELIVERIES, [businessUnit, mine.map(({ id }) => id)]);
    }
    return [];
  }

  async copy(tx: Transaction, person: RecordedPerson): Promise<readonly object[]> {
    const { businessUnit } = person;
    const deliveries: object[] = [];
    for (const recipient of this.#recipients(person))
      deliveries.push(...(await tx.query(COPY_DELIVERIES, [businessUnit, recipient])));
    return deliveries;
  }

  /** Sorted, so that concurrent transactions lock in one order. */
  #recipients({ businessUnit, identifiers }: RecordedPerson): readonly string[] {
    const found = identifiers.flatMap(({ kind, value }) => {
      const identifier = kind === 'phone' || kind === 'email' ? readIdentifier(value) : undefined;
      return identifier === undefined ? [] : [recipientDigest(this.index, businessUnit, identifier.value)];
    });
    return [...new Set(found)].sort();
  }
}

/** Of a delivery only that there was one stays. */
const FORGET_DELIVERIES = `
WITH attempts AS (
  DELETE FROM otp_attempt WHERE business_unit = $1 AND delivery_id = ANY ($2::uuid[])
), keys AS (
  DELETE FROM otp_idempotency_key WHERE business_unit = $1 AND delivery_id = ANY ($2::uuid[])
)
UPDATE otp_delivery
SET masked_identifier = NULL, recipient = '', code = '', sealed = NULL, key_id = NULL, updated_at = clock_timestamp(),
    reason = CASE WHEN status IN ('queued', 'sending') THEN 'person_withdrew' ELSE reason END,
    status = CASE WHEN status IN ('queued', 'sending') THEN 'failed' ELSE status END
WHERE business_unit = $1 AND id = ANY ($2::uuid[])`;

const COPY_DELIVERIES = `
SELECT id, masked_identifier AS identifier, channel, status, created_at AS "createdAt", updated_at AS "updatedAt"
FROM otp_delivery WHERE business_unit = $1 AND recipient = $2 ORDER BY created_at`;
