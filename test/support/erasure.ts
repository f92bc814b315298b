import { type Column } from './catalogue';

/** What nobody can fill through the API, or only until it is known whose it is. */
const OUT_OF_REACH = [
  ...['ledger_checkpoint.', 'ledger_restore.', 'jwks_snapshot.', 'gtf_forgotten.', 'person_former_key.'],
  ...['gtf_callback.key_id', 'gtf_callback.sealed'],
];

/** What may stay, and why. Everything else is gone, or is bytes that no key opens any more. */
const STAYS: Readonly<Record<string, string>> = {
  'jwks_snapshot.': 'SIMAS-ID’s public keys',
  'ledger_checkpoint.': 'signed ends of the chain',
  'ledger_head.hash': 'the end of the chain',
  'kyc_event.': 'the chain: words, ids of ours, and salted commitments, whose salts are gone with the key',
  'kyc_submission.': 'words of the partner that name nobody, and ids of ours',
  'kyc_submission_opening.': 'how a submission began',
  'event_endpoint.url_digest': 'where the unit hears of events',
  'event_delivery.': 'that the unit was told of an event: ids of ours, times and HTTP statuses',
  'person_former_key.': 'ids of ours: whom a breach would have concerned',
  'vault_entry.': 'sealed with the person’s key, which is destroyed',
  'idempotency_key.digest': 'keyed, for 24 hours: a late repeat must not bring the person back',
  'idempotency_key.request_digest': 'as above',
  'otp_delivery.channel': 'that there was a code',
  'otp_delivery.via': 'as above',
  'otp_delivery.status': 'as above',
  'otp_delivery.reason': 'as above',
  'otp_recipient.recipient': 'keyed, for 25 hours: being forgotten must not reset the limits',
  'otp_prefix.prefix': 'keyed, for an hour: the first eight digits of a number',
  'rate_limit.key': 'keyed, for as long as it counts',
};

/** No text, no bytes. */
const NOTHING = ['', '\\x'];

function isNamed(name: string, list: readonly string[]): boolean {
  return list.some((entry) => (entry.endsWith('.') ? name.startsWith(entry) : name === entry));
}

/** Columns that nothing was written to, though something could be. */
export function unfilled(all: readonly Column[]): string[] {
  const empty = all.filter(({ name, values }) => values.size === 0 && !isNamed(name, OUT_OF_REACH));
  return empty.map(({ name }) => name);
}

/** Of columns that name a key of the gateway's own, which opens what stands beside it. */
export function openable(all: readonly Column[]): string[] {
  return all
    .filter(({ name, values }) => /[._]key_id$/.test(name) && values.size > 0)
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('ledger_checkpoint.'));
}

/** Columns in which something of before is left, though there is no reason for it. */
export function kept(before: readonly Column[], after: readonly Column[]): string[] {
  const left = after.filter(({ name, values }) => {
    const earlier = before.find((column) => column.name === name)?.values ?? new Set();
    return [...values].some((value) => !NOTHING.includes(value) && earlier.has(value));
  });
  return left.map(({ name }) => name).filter((name) => !isNamed(name, Object.keys(STAYS)));
}
