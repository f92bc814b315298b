const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = '[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
/** Unquoted, with a domain of letters that has a dot: other domains travel as punycode (contract §7.3). As the document has it. */
export const EMAIL_ADDRESS = `^${ATOM}([.]${ATOM})*@(${LABEL}[.])+([A-Za-z]{2,63}|xn--[A-Za-z0-9-]{0,58}[A-Za-z0-9])$`;
/** RFC 5321 §4.5.3.1: octets of a mailbox, and of what stands in front of the @. */
export const MAX_ADDRESS = 254;
const MAX_LOCAL_PART = 64;

const address = new RegExp(EMAIL_ADDRESS);

/** Whether the text is an e-mail address that every mail server of today takes. */
export function isEmailAddress(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    text.length <= MAX_ADDRESS &&
    text.indexOf('@') <= MAX_LOCAL_PART &&
    address.test(text)
  );
}
