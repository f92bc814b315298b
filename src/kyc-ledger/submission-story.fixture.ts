import { randomUUID } from 'node:crypto';
import type { Customer } from '../../test/support/submission-story';
import type { InProcessGateway } from '../in-process-gateway.fixture';
import { Database } from '../platform/database';
import { IDENTITY, type Identity, Ledger, People, type Submission, writeIdentity } from '.';

export const KTP: Identity = {
  fullName: 'BUDI SANTOSO',
  nik: '3171010101900001',
  dateOfBirth: '1990-01-01',
  email: null,
  phoneNumber: null,
  ktp: { nik: '3171010101900001', full_name: 'BUDI SANTOSO' },
};

/** A submission that the customer opened, without any partner. */
export async function openedBy(
  gateway: InProcessGateway,
  who: Customer,
  kind: 'gtf-coe' | 'gtf-siv' | 'satusehat' = 'gtf-coe',
): Promise<Submission> {
  const people = gateway.app.get(People);
  return gateway.app.get(Database).transaction(async (tx) =>
    gateway.app.get(Ledger).open(tx, {
      person: await people.personOfToken(tx, {
        businessUnit: who.unit,
        subject: who.subject,
        phoneNumber: who.phoneNumber,
        emailAddresses: [],
      }),
      kind,
      openedBy: 'user',
      sourceKey: `story:${randomUUID()}`,
      phoneNumber: who.phoneNumber,
    }),
  );
}

/** A submission that the partner ended with `verified` and an identity. */
export async function verified(gateway: InProcessGateway, who: Customer): Promise<Submission> {
  const { businessUnit, id } = await openedBy(gateway, who);
  const { submission } = await gateway.app.get(Database).transaction((tx) =>
    gateway.app.get(Ledger).append(tx, {
      businessUnit,
      submissionId: id,
      type: 'kyc.verified',
      sourceKey: `story:${randomUUID()}`,
      data: { verification: { nik: 'pass', name: 'pass', dateOfBirth: 'pass', selfie: 'pass' } },
      personal: { [IDENTITY]: writeIdentity(KTP) },
    }),
  );
  return submission;
}
