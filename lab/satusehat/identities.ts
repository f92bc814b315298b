import { createHash } from 'node:crypto';

/** Sandbox identities that resolved to exactly one patient on staging (satusehat.md §11.5). */
const KNOWN: Readonly<Record<string, string>> = {
  '9271060312000002': 'P02029532758',
  '9271060312000003': 'P02029532781',
  '0000000000000000': 'P02029592967',
  '1111111111111111': 'P02029688251',
  '9999999999999999': 'P02029536465',
};
/** Published by the Ministry, yet ambiguous or absent on staging (same source). */
const AMBIGUOUS = ['9271060312000001'];
const ABSENT = ['3524016901830001', '3175031305200001'];

export type PatientLookup =
  | { readonly found: 'one'; readonly ihsNumber: string }
  | { readonly found: 'none' }
  | { readonly found: 'several' };

/** Every other 16-digit NIK has an IHS number derived from it, so that a test may use any person it likes. */
export function lookUpPatient(nik: string): PatientLookup {
  if (!/^\d{16}$/.test(nik) || ABSENT.includes(nik)) return { found: 'none' };
  if (AMBIGUOUS.includes(nik)) return { found: 'several' };
  return { found: 'one', ihsNumber: KNOWN[nik] ?? derivedIhsNumber(nik) };
}

function derivedIhsNumber(nik: string): string {
  const digest = createHash('sha256').update(`ihs ${nik}`).digest();
  return `P${(digest.readUIntBE(0, 6) % 1e11).toString().padStart(11, '0')}`;
}
