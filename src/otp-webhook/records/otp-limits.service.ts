import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller } from '../../auth';
import { BlindIndex } from '../../platform/crypto';
import { Database } from '../../platform/database';
import { Log } from '../../platform/logging';
import { identifierOf, recipientDigest } from '../intake/identifier';
import { LimitReset, Recipient } from '../otp.entity';

/** Lets an identifier be sent to again that its limits have locked out. */
@Injectable()
export class OtpLimits {
  constructor(
    private readonly database: Database,
    private readonly index: BlindIndex,
    private readonly log: Log,
  ) {}

  /** @throws GatewayError 400 for a bad identifier */
  async reset({ businessUnit, credential }: BackOfficeCaller, text: string): Promise<void> {
    const { masked: maskedIdentifier, counted } = identifierOf(text);
    const recipient = recipientDigest(this.index, businessUnit, counted);
    await this.database.transaction(async (tx) => {
      await tx.manager.update(Recipient, { businessUnit, recipient }, { acceptedAt: [] });
      await tx.manager.insert(LimitReset, {
        businessUnit,
        id: randomUUID(),
        maskedIdentifier,
        recipient,
        credential,
        resetAt: () => 'clock_timestamp()',
      });
      const fields = { businessUnit, credential, identifier: maskedIdentifier };
      tx.afterCommit(() => this.log.record('otp limits reset', fields));
    });
  }
}
