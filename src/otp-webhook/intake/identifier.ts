import { isEmail } from 'class-validator';
import { normalisePhoneNumber } from '../../platform/indonesia';
import { maskEmail, maskPhone } from '../../platform/logging';
import type { Channel } from '../channels/otp-provider';

/** Whom a code is for: a phone number as `628…` digits, or an e-mail address in lower case. */
export interface Identifier {
  readonly kind: 'phone' | 'email';
  readonly value: string;
  /** Safe to store, log and show. */
  readonly masked: string;
}

/** The identifier as SIMAS-ID sends it (simas-id.md §2.1); undefined when it is neither an Indonesian mobile number nor an address. */
export function readIdentifier(text: string): Identifier | undefined {
  if (text.includes('@')) {
    const value = text.trim().toLowerCase();
    if (!isEmail(value, { allow_utf8_local_part: false })) return undefined;
    return { kind: 'email', value, masked: maskEmail(value) };
  }
  const value = normalisePhoneNumber(text);
  return value === undefined ? undefined : { kind: 'phone', value, masked: maskPhone(value) };
}

/** Whether a channel reaches this kind of identifier. */
export function fits(channel: Channel, identifier: Identifier): boolean {
  return identifier.kind === (channel === 'email' ? 'email' : 'phone');
}
