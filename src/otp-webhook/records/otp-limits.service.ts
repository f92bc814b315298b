import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller } from '../../auth';
import { Database } from '../../platform/database';
import { invalidField } from '../../platform/errors';
import { Log } from '../../platform/logging';
import { readIdentifier } from '../intake/identifier';
import { NewDeliveries } from '../intake/new-deliveries';
import { LimitReset, Recipient } from '../otp.entity';

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
      await tx.manager.update(Recipient, { businessUnit, recipient: counted }, { acceptedAt: [] });
      await tx.manager.insert(LimitReset, {
        businessUnit,
        id: randomUUID(),
        maskedIdentifier: masked,
        recipient: counted,
        credential,
        resetAt: () => 'clock_timestamp()',
      });
      tx.afterCommit(() =>
        this.log.record('otp limits reset', { businessUnit, credential, identifier: masked }),
      );
    });
  }
}
