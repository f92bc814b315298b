import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller } from '../../auth';
import { Database } from '../../platform/database';
import { GatewayError } from '../../platform/errors';
import { type Identity, readIdentity } from './identity';
import { Ledger } from '../events/ledger';
import { PersonVault } from './person-vault';
import type { Submission } from '../submissions/submission.entity';
import { reasonFor } from './reading-purpose';
import { SubmissionRepository } from '../submissions/submission.repository';

/** Shows an identity in clear, and records who looked and why. The person is locked meanwhile, so that no erasure comes in between. */
@Injectable()
export class IdentityReading {
  constructor(
    private readonly database: Database,
    private readonly submissions: SubmissionRepository,
    private readonly ledger: Ledger,
    private readonly vault: PersonVault,
  ) {}

  /**
   * @throws GatewayError 404 `identity_not_found` when there is none, or the person was erased; 409 `person_restricted`
   */
  async read(
    caller: BackOfficeCaller,
    { businessUnit, id: submissionId }: Submission,
    purpose: string,
  ): Promise<Identity> {
    return this.database.transaction(async (tx) => {
      const locked = await this.submissions.lock(tx, businessUnit, submissionId);
      const entry = locked?.identityEntry ?? null;
      const kept = entry === null ? undefined : await this.vault.readHeld(tx, businessUnit, entry);
      if (kept === undefined)
        throw new GatewayError(404, 'identity_not_found', 'This submission holds no identity.');
      const { data, personal } = reasonFor(kept.person, purpose);
      await this.ledger.append(tx, {
        businessUnit,
        submissionId,
        type: 'identity.read',
        // Never derived from the request id, which the caller chooses: a repeated id would hide the second reading.
        sourceKey: `identity.read:${randomUUID()}`,
        data: { by: caller.credential, ...data },
        personal,
        owner: kept.person,
      });
      return readIdentity(kept.text);
    });
  }
}
