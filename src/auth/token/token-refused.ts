/** Why an access token was refused: stable words for logs, metrics and `error_description`, with what they mean. */
export const REASONS = {
  token_malformed: 'it is not a JSON Web Token in compact form',
  token_too_large: 'it is larger than 8 KiB',
  algorithm_not_allowed: 'it is not signed with RS256',
  header_type_not_allowed: 'its header `typ` is neither absent nor `JWT` nor `at+jwt`',
  critical_header: 'its header demands an extension (`crit`)',
  key_id_missing: 'its header names no key',
  key_unknown: 'SIMAS-ID has no such key',
  signature_invalid: 'its signature does not verify',
  issuer_wrong: 'it comes from another issuer',
  type_not_access: 'it is no access token (payload `typ` is not `Bearer`)',
  expiry_missing: 'it has no usable `exp`',
  expired: 'it has expired',
  lifetime_too_long: 'it lives longer than 24 hours',
  not_yet_valid: 'it is not valid yet (`nbf`)',
  issued_in_future: 'it was issued in the future (`iat`)',
  times_malformed: 'its `iat` or `nbf` is no usable time',
  subject_missing: 'it names nobody (`sub`)',
  service_account: 'it belongs to a program, not to a person (`sub`, `preferred_username`)',
  audience_malformed: 'it has no usable `aud`',
  audience_wrong: 'it is meant for no business unit of this gateway',
  audience_ambiguous: 'it is meant for several business units and `azp` does not decide',
  party_missing: 'it does not say which client it was issued to (`azp`)',
  party_wrong: 'it was issued to a client of somebody else (`azp`)',
  refused_by_simas_id: 'SIMAS-ID does not accept it, or not any more',
  subject_mismatch: 'SIMAS-ID says that it belongs to somebody else',
} as const;

export type Reason = keyof typeof REASONS;

/** An access token that must not be believed. */
export class TokenRefused extends Error {
  constructor(
    readonly reason: Reason,
    /** The key it names, once its header could be read. */
    readonly keyId?: string,
  ) {
    super(reason);
  }
}
