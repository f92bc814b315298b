import { randomInt, randomUUID } from 'node:crypto';
import { SAMPLE_KTP } from '../../lab/gtf';
import { eventually } from './eventually';
import type { TestGateway } from './test-gateway';

/** A person in front of a business unit's app. */
export interface Customer {
  readonly unit: string;
  readonly subject: string;
  readonly phoneNumber: string;
  /** As their tokens say. */
  readonly name?: string;
  readonly email?: string;
}

const CARD = { ...SAMPLE_KTP, nik: '3171010101900001', name: 'BUDI SANTOSO', dateOfBirth: '01-01-1990' };

const { validUntil: _empty, ...read } = CARD;

/** What the gateway knows of a person, besides the phone number, once GTF has read their card. */
export const KTP = {
  fullName: CARD.name,
  nik: CARD.nik,
  dateOfBirth: '1990-01-01',
  email: null,
  ktp: read,
};

export function customer(unit = 'nanovest'): Customer {
  return { unit, subject: randomUUID(), phoneNumber: `62856${randomInt(10_000_000, 99_999_999)}` };
}

/** The customer's access token. */
export function tokenOf(gateway: TestGateway, { unit, subject, phoneNumber }: Customer): string {
  return gateway.lab.simasId.mintToken({ unit, phoneNumber, sub: subject });
}

/** The same person, with the role of a health facility's officer besides. */
export function officerTokenOf(gateway: TestGateway, { subject, ...who }: Customer): string {
  return gateway.lab.simasId.mintToken({ ...who, sub: subject, officer: true });
}

const OPENING = {
  'gtf-coe': ['/v1/gtf/submissions', { submissionType: 'KTP_SCAN' }],
  'gtf-siv': ['/v1/gtf/identity-verifications', { source: 'SDK', verificationReferenceId: 'otp-1' }],
  satusehat: ['/v1/satusehat/validation-urls', { agentName: 'Siti', agentNik: '3171014101900002' }],
} as const;

export interface Submitted {
  readonly id: string;
  readonly personId: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A submission that the customer opened, and with which nothing has happened since. */
export async function openedBy(
  gateway: TestGateway,
  who: Customer,
  kind: keyof typeof OPENING = 'gtf-coe',
): Promise<Submitted> {
  const { submissionId } = await open(gateway, who, kind);
  return becomes(gateway, who, submissionId, 'open');
}

/** A submission (`gtf-siv`) that GTF ended with `verified` and the person's card. */
export async function verified(gateway: TestGateway, who: Customer, person = KTP): Promise<Submitted> {
  const { submissionId, partnerSessionId } = await open(gateway, who, 'gtf-siv');
  const ktp = { ...CARD, nik: person.nik, name: person.fullName };
  gateway.lab.gtf.finishSdkJourney(partnerSessionId, { ktp });
  return becomes(gateway, who, submissionId, 'verified');
}

async function open(
  gateway: TestGateway,
  who: Customer,
  kind: keyof typeof OPENING,
): Promise<{ submissionId: string; partnerSessionId: string }> {
  const [path, body] = OPENING[kind];
  const token = officerTokenOf(gateway, who);
  const answer = await gateway.http.post(path).set('Authorization', `Bearer ${token}`).send(body);
  if (answer.status !== 201) throw new Error(`${path} answered ${answer.status} ${answer.text}`);
  return answer.body as { submissionId: string; partnerSessionId: string };
}

async function becomes(
  gateway: TestGateway,
  { unit }: Customer,
  id: string,
  status: string,
): Promise<Submitted> {
  const sql = `SELECT id, person_id AS "personId", created_at AS "createdAt", updated_at AS "updatedAt", status
     FROM kyc_submission WHERE business_unit = $1 AND id = $2`;
  const [row] = await eventually(
    () => gateway.query<Submitted & { status: string }>(sql, [unit, id]),
    ([present]) => present?.status === status,
  );
  if (row?.status !== status) throw new Error(`the submission is ${row?.status}`);
  return row;
}
