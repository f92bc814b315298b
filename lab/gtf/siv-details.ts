type Json = Readonly<Record<string, unknown>>;

/** Starts with 62, 11–15 characters including it (gtf.md §3.1). */
const PHONE = /^62\d{9,13}$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** The published causes for what is wrong with SIV's `additionalDetails` (§3.1), in the order they are found. */
export function invalidSivDetails(value: unknown): readonly string[] {
  const details = asObject(value);
  if (details === undefined) return ['ADDITIONAL_DETAILS_IS_NULL'];
  const { phoneNumber, email } = details;
  const given = [phoneNumber, email].filter((one) => one !== undefined && one !== null && one !== '');
  if (given.length === 0) return ['PHONE_NUMBER_OR_EMAIL_IS_REQUIRED'];
  const verification = asObject(details['dataVerification']);
  return [
    ...(given.includes(phoneNumber) && !matches(phoneNumber, PHONE) ? ['PHONE_NUMBER_IS_INVALID'] : []),
    ...(given.includes(email) && !matches(email, EMAIL) ? ['EMAIL_IS_INVALID'] : []),
    ...(verification === undefined
      ? ['DATA_VERIFICATION_IS_EMPTY']
      : [
          ...(given.includes(phoneNumber)
            ? invalidPhoneVerification(asObject(verification['phoneNumber']))
            : []),
          ...(given.includes(email) ? invalidEmailVerification(asObject(verification['email'])) : []),
        ]),
  ];
}

function invalidPhoneVerification(verification: Json | undefined): string[] {
  if (verification?.['isVerified'] !== true) return ['PHONE_NUMBER_VERIFICATION_MUST_BE_TRUE'];
  return hasReference(verification) ? [] : ['PHONE_NUMBER_VERIFICATION_REFERENCE_ID_IS_REQUIRED'];
}

function invalidEmailVerification(verification: Json | undefined): string[] {
  if (verification?.['isVerified'] !== true) return ['EMAIL_VERIFICATION_IS_REQUIRED'];
  return hasReference(verification) ? [] : ['EMAIL_VERIFICATION_REFERENCE_ID_IS_REQUIRED'];
}

function hasReference(verification: Json): boolean {
  const id = verification['verificationReferenceId'];
  return typeof id === 'string' && id.trim() !== '';
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
