import { randomInt, randomUUID } from 'node:crypto';
import {
  IDENTITY,
  type Identity,
  Ledger,
  People,
  type Submission,
  writeIdentity,
} from '../../src/kyc-ledger';
import { Database } from '../../src/platform/database';
import type { TestGateway } from './test-gateway';

/** A person in front of a business unit's app. */
export interface Customer {
  readonly unit: string;
  readonly subject: string;
  readonly phoneNumber: string;
}

export const KTP: Identity = {
  fullName: 'BUDI SANTOSO',
  nik: '3171010101900001',
  dateOfBirth: '1990-01-01',
  email: null,
  phoneNumber: null,
  ktp: { nik: '3171010101900001', full_name: 'BUDI SANTOSO' },
};

export function customer(unit = 'nanovest'): Customer {
  return { unit, subject: randomUUID(), phoneNumber: `62856${randomInt(10_000_000, 99_999_999)}` };
}

/** The customer's access token. */
export function tokenOf(gateway: TestGateway, { unit, subject, phoneNumber }: Customer): string {
  return gateway.lab.simasId.mintToken({ unit, phoneNumber, sub: subject });
}

/** The same person, with the role of a health facility's officer besides. */
export function officerTokenOf(gateway: TestGateway, { unit, subject, phoneNumber }: Customer): string {
  return gateway.lab.simasId.mintToken({ unit, phoneNumber, sub: subject, officer: true });
}

/** A journey that the customer started, without any partner. */
export async function openedBy(
  gateway: TestGateway,
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

/** A journey that the partner ended with `verified` and an identity. */
export async function verified(gateway: TestGateway, who: Customer, identity = KTP): Promise<Submission> {
  const { businessUnit, id } = await openedBy(gateway, who);
  const { submission } = await gateway.app.get(Database).transaction((tx) =>
    gateway.app.get(Ledger).append(tx, {
      businessUnit,
      submissionId: id,
      type: 'kyc.verified',
      sourceKey: `story:${randomUUID()}`,
      data: { verification: { nik: 'pass', name: 'pass', dateOfBirth: 'pass', selfie: 'pass' } },
      personal: { [IDENTITY]: writeIdentity(identity) },
    }),
  );
  return submission;
}
