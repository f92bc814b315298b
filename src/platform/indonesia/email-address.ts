import { isEmail } from 'class-validator';

/** Printable ASCII without quotes: other domains travel as punycode (contract §7.3). */
const PLAIN_ADDRESS = /^[!#-~]+$/;

/** Whether the text is an e-mail address that every mail server of today takes. */
export function isEmailAddress(text: unknown): text is string {
  // Most texts that are asked about are phone numbers: `isEmail` takes long to say no.
  return typeof text === 'string' && text.includes('@') && PLAIN_ADDRESS.test(text) && isEmail(text);
}
