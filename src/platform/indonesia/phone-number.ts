import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** `any`: whatever looks like a mobile number, as the OTP webhook must accept; `known`: a number the numbering plan knows. */
export type Strictness = 'any' | 'known';

const SEPARATORS = /[\s().\-\u2010-\u2015\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** 9 to 14 national digits that begin with 8 (contract §7.3). */
const MOBILE_SHAPE = /^628\d{8,13}$/;

/**
 * An Indonesian mobile number as `628…` digits without plus, from `08…`, `8…`, `62…`, `+62…`, `+62 08…` or `0062…`;
 * undefined when it is none. Normalised before parsing, because the parser misreads `628…` without plus and `0062…`
 * (gtf.md §9.2). The partner's own sample `084512340987` is only `any`: never demand more of an OTP webhook (simas-id.md §2.1).
 */
export function normalisePhoneNumber(input: string, strictness: Strictness = 'any'): string | undefined {
  const text = input.normalize('NFKC').replace(SEPARATORS, '');
  if (!/^\+?\d{9,19}$/.test(text)) return undefined;
  const national = nationalNumber(text);
  if (national === undefined) return undefined;
  const digits = `62${national}`;
  if (!MOBILE_SHAPE.test(digits)) return undefined;
  // Every number of this shape is a possible one by its length, which the tests hold against the numbering plan.
  if (strictness === 'any') return digits;
  return parsePhoneNumberFromString(`+${digits}`)?.getType() === 'MOBILE' ? digits : undefined;
}

function nationalNumber(text: string): string | undefined {
  const withoutPrefix = text.replace(/^(\+62|0062|62)/, '');
  if (withoutPrefix !== text) return withoutPrefix.replace(/^0/, '');
  if (text.startsWith('+')) return undefined;
  return text.replace(/^0/, '');
}
