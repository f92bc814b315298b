import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller } from '../../auth';
import { Database } from '../../platform/database';
import { invalidField } from '../../platform/errors';
import { Log } from '../../platform/logging';
import { readIdentifier } from '../intake/identifier';
import { NewDeliveries } from '../intake/new-deliveries';

/** Lets an identifier be sent to again that its limits have locked out. */
@Injectable()
export class OtpLimits {
  constructor(
    private readonly database: Database,
    private readonly newDeliveries: NewDeliveries,
    private readonly log: Log,
  ) {}

  /** @throws GatewayError 400 for a bad identifier */
  async reset({ businessUnit, credential }: BackOfficeCaller, text: string): Promise<void> {
    const identifier = readIdentifier(text);
    if (identifier === undefined)
      throw invalidField('identifier', 'must be an Indonesian mobile number or an e-mail address');
    const { masked } = identifier;
    const counted = this.newDeliveries.countedDigest(businessUnit, identifier);
    await this.database.transaction(async (tx) => {
      await tx.query(START_ANEW, [businessUnit, counted]);
      await tx.query(RECORD, [businessUnit, randomUUID(), masked, counted, credential]);
      tx.afterCommit(() =>
        this.log.record('otp limits reset', { businessUnit, credential, identifier: masked }),
      );
    });
  }
}

const START_ANEW = `UPDATE otp_recipient SET accepted_at = '{}' WHERE business_unit = $1 AND recipient = $2`;

const RECORD = `
INSERT INTO otp_limit_reset (business_unit, id, masked_identifier, recipient, credential, reset_at)
VALUES ($1, $2, $3, $4, $5, clock_timestamp())`;
