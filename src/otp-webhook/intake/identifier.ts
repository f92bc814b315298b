import type { BlindIndex } from '../../platform/crypto';
import { invalidField } from '../../platform/errors';
import {
  EMAIL_ADDRESS,
  isEmailAddress,
  MOBILE_NUMBERS,
  normalisePhoneNumber,
} from '../../platform/indonesia';
import { maskEmail, maskPhone } from '../../platform/logging';
import type { Channel } from '../providers/otp-provider';

/** Whom a code is for: a phone number as `628…` digits, or an e-mail address in lower case. */
export interface Identifier {
  readonly kind: 'phone' | 'email';
  readonly value: string;
  /** What limits count: the value, of an address without its `+tag` (contract §7.3). */
  readonly counted: string;
  /** Safe to store, log and show. */
  readonly masked: string;
}

/** How an identifier reads in the OpenAPI document. */
export const IDENTIFIER = `${MOBILE_NUMBERS.any}|${EMAIL_ADDRESS}`;

const TAG = /(?<=^[^+]+)\+.*(?=@)/;

/** The identifier as SIMAS-ID sends it (simas-id.md §2.1); undefined when it is neither an Indonesian mobile number nor an address. */
export function readIdentifier(text: string): Identifier | undefined {
  if (text.includes('@')) {
    const address = text.trim();
    // Before lower-casing, which turns some other letters into ASCII.
    if (!isEmailAddress(address)) return undefined;
    const value = address.toLowerCase();
    return { kind: 'email', value, counted: value.replace(TAG, ''), masked: maskEmail(value) };
  }
  const value = normalisePhoneNumber(text);
  return value === undefined ? undefined : { kind: 'phone', value, counted: value, masked: maskPhone(value) };
}

/** As {@link readIdentifier}. @throws GatewayError 400 */
export function identifierOf(text: string): Identifier {
  const identifier = readIdentifier(text);
  if (identifier === undefined)
    throw invalidField('identifier', 'must be an Indonesian mobile number or an e-mail address');
  return identifier;
}

/** Whether a channel reaches this kind of identifier. */
export function fits(channel: Channel, identifier: Identifier): boolean {
  return identifier.kind === (channel === 'email' ? 'email' : 'phone');
}

/** What a recipient's deliveries are found by (an identifier's value), and what limits count (what is counted of it). */
export function recipientDigest(index: BlindIndex, businessUnit: string, of: string): string {
  return index.digestText('otp recipient', businessUnit, of);
}
