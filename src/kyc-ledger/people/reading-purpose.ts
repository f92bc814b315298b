import { GatewayError } from '../../platform/errors';
import type { EventData } from '../events/event';
import type { PersonalData } from '../events/new-event';
import type { Person } from './person-key';

/** The one purpose that is served while a person is restricted: their records are kept for nothing else. */
const LEGAL_OBLIGATION = 'legal-obligation';

/** Name of the vault entry that holds why somebody's data was read: free words, erased with the person. */
export const PURPOSE = 'purpose';

/** The part of an event that says why a person's data is read. */
interface Reason {
  readonly data: EventData;
  readonly personal?: PersonalData;
}

/**
 * What the event of a reading says of its purpose. The fixed word stands in the event itself, also because nothing more may be
 * sealed for restricted people.
 * @throws GatewayError 409 `person_restricted` for any other purpose while the person is restricted
 */
export function reasonFor(person: Person, purpose: string): Reason {
  if (purpose === LEGAL_OBLIGATION) return { data: { purpose } };
  refuseRestricted(person.row.restrictedUntil !== null, purpose);
  return { data: {}, personal: { [PURPOSE]: purpose } };
}

/** @throws GatewayError 409 `person_restricted` */
export function refuseRestricted(isRestricted: boolean, purpose: string): void {
  if (isRestricted && purpose !== LEGAL_OBLIGATION)
    throw new GatewayError(
      409,
      'person_restricted',
      'The person asked to be forgotten: only the purpose legal-obligation is served.',
    );
}
