import { verify } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { diagnosis } from '../../platform/checkup';
import { Clock, type Deadline } from '../../platform/time';
import type { UserCaller } from '../caller';
import { KeySetSource } from '../keys/key-set-source';
import { SimasIdAddresses } from '../simas-id-addresses';
import { UserinfoClient } from '../userinfo/userinfo.client';
import { bytesOf, HEADER_RULES, MAX_TOKEN_LENGTH, objectIn, type TokenClaims } from './access-token';
import { ClaimsValidator } from './claims-validator';
import { isServiceAccount, phoneNumberIn } from './person';
import { type Reason, TokenRefused } from './token-refused';

/** What was found of one rule. */
export interface RuleResult {
  readonly about: string;
  readonly found: string;
  readonly wanted: string;
  /** Null where it holds; undefined where it cannot be told. */
  readonly reason: Reason | null | undefined;
}

export interface TokenExplanation {
  readonly results: readonly RuleResult[];
  /** Why the gateway refuses the token; null when it does not, undefined when it cannot tell now (503). */
  readonly refusal: Reason | null | undefined;
  /** For whose people it is, of a token that is not refused. */
  readonly businessUnit: string | undefined;
}

const MAX_SHOWN = 160;
const TIMES = ['exp', 'nbf', 'iat'];

/**
 * Judges a token as the gateway does, but every rule of it, for an operator. Who a person is stays untold: of `sub` and
 * `preferred_username` only what kind of text they are.
 */
@Injectable()
export class TokenExplainer {
  constructor(
    private readonly validator: ClaimsValidator,
    private readonly keySet: KeySetSource,
    private readonly userinfo: UserinfoClient,
    private readonly clock: Clock,
  ) {}

  async explain(token: string, deadline: Deadline): Promise<TokenExplanation> {
    const [header = '', payload = '', signature = '', ...more] = token.split('.');
    const [members, claims] = [objectIn(header), objectIn(payload)];
    const isForm = more.length === 0 && members && claims && /^[\w-]+$/.test(signature);
    const form: RuleResult[] = [
      rule(
        'size',
        `${token.length} bytes`,
        `at most ${MAX_TOKEN_LENGTH}`,
        token.length > MAX_TOKEN_LENGTH && 'token_too_large',
      ),
      rule(
        'form',
        `${token.split('.').length} parts; header ${isObject(members)}, payload ${isObject(claims)}`,
        'three parts in base64url, of which two are JSON objects that repeat no name',
        !isForm && 'token_malformed',
      ),
    ];
    if (members === undefined || claims === undefined) return explanation(form);
    const head = HEADER_RULES.map(([member, wanted, reason, holds]) =>
      rule(`header ${member}`, shown(members[member]), wanted, !holds(members[member]) && reason),
    );
    const [key, signed] = await this.#signature(token, members['kid']);
    const own = this.#claims(claims);
    // With claims that cannot be accepted no key is looked for (access-token.strategy.ts).
    const signedFirst = key.reason === null ? [key, signed, ...own] : [...own, key, signed];
    const results = [...form, ...head, ...signedFirst];
    if (results.some(({ reason }) => reason !== null)) return explanation(results);
    const caller = this.validator.validate(claims);
    return explanation([...results, await this.#session(token, caller, deadline)], caller.businessUnit);
  }

  async #signature(token: string, keyId: unknown): Promise<[key: RuleResult, signature: RuleResult]> {
    const keyRule = (found: string, broken: Reason | false | undefined): RuleResult =>
      rule('key', found, 'one that SIMAS-ID publishes', broken);
    const signatureRule = (found: string, broken: Reason | false | undefined): RuleResult =>
      rule('signature', found, 'RS256 with that key', broken);
    const untold = signatureRule('not looked at without its key', undefined);
    try {
      const { keys } = await this.keySet.read();
      const key = typeof keyId === 'string' ? keys.get(keyId) : undefined;
      const found = `${shown(keyId)} of ${keys.size} published: ${[...keys.keys()].map(shown).join(', ')}`;
      if (key === undefined) return [keyRule(`no ${found}`, 'key_unknown'), untold];
      const end = token.lastIndexOf('.');
      const bytes = bytesOf(token.slice(end + 1));
      const holds = bytes !== undefined && verify('sha256', Buffer.from(token.slice(0, end)), key, bytes);
      const signed = holds
        ? signatureRule('verifies', false)
        : signatureRule('does not verify', 'signature_invalid');
      return [keyRule(found, false), signed];
    } catch (error) {
      return [keyRule(diagnosis(error), undefined), untold];
    }
  }

  #claims(claims: TokenClaims): RuleResult[] {
    const now = this.clock.now() / 1000;
    return this.validator.rules.map(({ about, wanted, brokenBy }) =>
      rule(
        about.join(', '),
        about.map((name) => claim(name, claims, now)).join(', '),
        wanted,
        brokenBy(claims, now) ?? false,
      ),
    );
  }

  /** Only SIMAS-ID knows of log-outs; only some routes ask. */
  async #session(token: string, caller: UserCaller, deadline: Deadline): Promise<RuleResult> {
    const [about, wanted] = [
      'session',
      'SIMAS-ID confirms it (routes that ask, docs/guides/how-a-token-is-judged.md)',
    ];
    try {
      const { subject } = await this.userinfo.ask(token, caller, 'signature-holds', deadline);
      const mine = subject === caller.subject;
      return rule(about, mine ? 'confirmed' : "somebody else's", wanted, !mine && 'subject_mismatch');
    } catch (error) {
      if (error instanceof TokenRefused) return rule(about, 'refused', wanted, error.reason);
      return rule(about, diagnosis(error), wanted, undefined);
    }
  }
}

function rule(about: string, found: string, wanted: string, broken: Reason | false | undefined): RuleResult {
  return { about, found, wanted, reason: broken === false ? null : broken };
}

/** The gateway tells the first reason alone. A session that cannot be confirmed now keeps nobody from the routes that do not ask. */
function explanation(results: readonly RuleResult[], businessUnit?: string): TokenExplanation {
  const first = results.find(
    ({ reason, about }) => reason !== null && !(about === 'session' && reason === undefined),
  );
  return { results, refusal: first === undefined ? null : first.reason, businessUnit };
}

function isObject(part: TokenClaims | undefined): string {
  return part === undefined ? 'cannot be read' : 'is an object';
}

function claim(name: string, claims: TokenClaims, now: number): string {
  const value = claims[name];
  if (value === undefined) return 'absent';
  if (name === 'sub') return typeof value === 'string' ? `text of ${value.length} characters` : 'no text';
  if (name === 'preferred_username') {
    if (phoneNumberIn(claims) !== null) return 'a phone number';
    return isServiceAccount(claims) ? shown(value) : 'no phone number';
  }
  if (
    !TIMES.includes(name) ||
    typeof value !== 'number' ||
    !Number.isFinite(new Date(value * 1000).getTime())
  )
    return shown(value);
  const seconds = Math.round(value - now);
  const when = seconds < 0 ? `${-seconds} s ago` : `in ${seconds} s`;
  return `${value} (${new Date(value * 1000).toISOString()}, ${when})`;
}

/** As JSON in printable ASCII, cut short. */
function shown(value: unknown): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value);
  const printable = text.replace(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return printable.length > MAX_SHOWN ? `${printable.slice(0, MAX_SHOWN)}…` : printable;
}

/** What `npm run doctor -- --token` needs of this module, without the rest of it. */
export const TOKEN_EXPLAINER = [
  TokenExplainer,
  ClaimsValidator,
  KeySetSource,
  UserinfoClient,
  SimasIdAddresses,
];
