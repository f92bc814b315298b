import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller } from '../auth';
import { Database } from '../platform/database';
import { GatewayError } from '../platform/errors';
import { type Identity, readIdentity } from './identity';
import { Ledger } from './ledger';
import { PersonVault } from './person-vault';
import type { Submission } from './projection';

/** The one purpose that is served while a person is restricted: their records are kept for nothing else. */
const LEGAL_OBLIGATION = 'legal-obligation';

/** Shows an identity in clear, and records first who looked and why. */
@Injectable()
export class IdentityReading {
  constructor(
    private readonly database: Database,
    private readonly ledger: Ledger,
    private readonly vault: PersonVault,
  ) {}

  /**
   * @throws GatewayError 404 `identity_not_found` when there is none, or the person was erased; 409 `person_restricted`
   */
  async read(caller: BackOfficeCaller, submission: Submission, purpose: string): Promise<Identity> {
    const { businessUnit, identityEntry } = submission;
    const clear = await this.vault.read(businessUnit, identityEntry === null ? [] : [identityEntry]);
    const text = identityEntry === null ? undefined : clear.get(identityEntry);
    if (identityEntry === null || text === undefined)
      throw new GatewayError(404, 'identity_not_found', 'This submission holds no identity.');
    const usable = await this.vault.readUsable(this.database, businessUnit, identityEntry);
    if (usable === undefined && purpose !== LEGAL_OBLIGATION)
      throw new GatewayError(409, 'person_restricted', 'The person asked to be forgotten.');
    await this.ledger.record({
      businessUnit,
      submissionId: submission.id,
      type: 'identity.read',
      // Never derived from the request id, which the caller chooses: a repeated id would hide the second reading.
      sourceKey: `identity.read:${randomUUID()}`,
      data: { by: caller.credential, purpose },
    });
    return readIdentity(text);
  }
}
