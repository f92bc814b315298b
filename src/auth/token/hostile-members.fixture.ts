import type { Reason } from './token-refused';

export type Members = Readonly<Record<string, unknown>>;
/** By the reason that it must be refused for: what makes a good token one that no business unit may accept. */
export type Hostile<T> = Readonly<Partial<Record<Reason, readonly T[]>>>;

/** One change for each value of a JSON list. */
const each =
  (name: string) =>
  (list: TemplateStringsArray): Members[] =>
    (JSON.parse(String.raw(list)) as unknown[]).map((value) => ({ [name]: value }));

const without = (name: string): Members => ({ [name]: undefined });

/** Members of the payload. */
export const CLAIMS: Hostile<Members> = {
  issuer_wrong: [
    without('iss'),
    ...each(
      'iss',
    )`["https://sso-stg.simas-id.com/realms/simas-id", "", null, 5, {}, "simas-id", "null", "undefined"]`,
  ],
  audience_malformed: [
    without('aud'),
    ...each('aud')`[null, "", 5, true, {}, [], [""], [null], { "0": "nanovest" }]`,
    ...each('aud')`[["nanovest", 5], ["nanovest", null], ["nanovest", ["siminvest"]]]`,
  ],
  audience_wrong: [
    ...each('aud')`["account", "nanovest2", "Nanovest", "NANOVEST", " nanovest", "nanovest ", "nano", "*"]`,
    ...each('aud')`["nanovest,siminvest", "nanovest siminvest", "__proto__", "constructor"]`,
    ...each('aud')`[["account", "realm-management"], ["nanovest-web"]]`,
  ],
  audience_ambiguous: [{ aud: ['nanovest', 'siminvest'], azp: undefined }],
  party_missing: [without('azp')],
  party_wrong: [
    { aud: ['nanovest', 'siminvest'], azp: 'account' },
    { aud: 'siminvest' },
    { aud: 'siminvest', azp: 'nanovest-web' },
    ...each(
      'azp',
    )`[null, "", 5, {}, ["nanovest"], "Nanovest", "nanovest ", "nanovest-tv", "account", "siminvest"]`,
  ],
  expiry_missing: [
    without('exp'),
    ...each('exp')`[null, "", "2000000000", true, [], {}, 0, -1, 2000000000.5, 1e99, 9007199254740992]`,
  ],
  expired: [{ iat: undefined, exp: 1 }],
  times_malformed: [
    ...each('iat')`["1", null, 1.5, -1, 0, {}, [], true]`,
    ...each('nbf')`["1", null, 1.5, -1, {}, [1700000000]]`,
  ],
  type_not_access: [
    without('typ'),
    ...each(
      'typ',
    )`["ID", "Refresh", "Offline", "Logout", "Serialized-ID", "DPoP", "bearer", "BEARER", "Bearer "]`,
    ...each('typ')`["JWT", "", null, 1, ["Bearer"], {}]`,
  ],
  subject_missing: [
    without('sub'),
    ...each('sub')`[null, "", " ", "\t\n", 5, true, {}, ["x"]]`,
    { sub: 'x'.repeat(256) },
  ],
  service_account: [
    { preferred_username: 'service-account-nanovest', client_id: 'nanovest' },
    { sub: 'nanovest', preferred_username: undefined },
    { sub: 'nanovest-program', client_id: 'nanovest-program' },
  ],
  token_too_large: [{ padding: 'x'.repeat(8 * 1024) }],
};

export const HEADERS: Hostile<Members> = {
  algorithm_not_allowed: [
    without('alg'),
    ...each(
      'alg',
    )`[null, 256, true, ["RS256"], { "name": "RS256" }, "none", "NONE", "rs256", "RS256 ", "RS-256"]`,
    ...each('alg')`["RSA-SHA256", "HS256", "EdDSA", "ES256K", "RSA-OAEP", "dir", "RS1"]`,
  ],
  key_id_missing: [
    without('kid'),
    ...each('kid')`[null, "", 0, 7, true, {}, [], ["x"], { "kid": "x" }]`,
    { kid: 'k'.repeat(257) },
    { kid: 'k'.repeat(4096) },
  ],
  key_unknown: [
    ...each('kid')`["unknown", "../../../etc/passwd", "/dev/null", "' OR '1'='1", "x' UNION SELECT 'secret"]`,
    ...each(
      'kid',
    )`["$(id)", "; DROP TABLE jwks_snapshot", "__proto__", "constructor", "hasOwnProperty", "\u0000"]`,
    ...each(
      'kid',
    )`["\r\nX-Injected: 1", "<script>", "http://127.0.0.1/keys", "*", "%", "\u202e", "0", "null"]`,
    { kid: '`id`' },
  ],
  critical_header: [...each('crit')`[["exp"], [], ["b64"], "exp", null, {}]`, { crit: ['b64'], b64: false }],
  header_type_not_allowed: [
    ...each(
      'typ',
    )`["jwt", "JWS", "JOSE", "at+JWT", "application/at+jwt", "logout+jwt", "dpop+jwt", "id+jwt"]`,
    ...each('typ')`["", null, 5, ["JWT"], {}]`,
  ],
};
