import { isUtf8 } from 'node:buffer';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * A JSON object in UTF-8 in which no member name is repeated (RFC 8725 §2.4: parsers disagree on which one counts).
 * Undefined when it is anything else.
 */
export function parseStrictObject(bytes: Buffer): Record<string, unknown> | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const kept = membersKept(value);
  // The first count is cheap and never too low; only where it is too high the members are counted one by one.
  return mostMembers(text) === kept || membersWritten(text) === kept
    ? (value as Record<string, unknown>)
    : undefined;
}

/** Colons behind a quote. In valid JSON every member has one; an escaped quote within a string may seem to. */
function mostMembers(text: string): number {
  let members = 0;
  for (let colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', colon + 1)) {
    let before = colon - 1;
    while (isBlank(text.charCodeAt(before))) before -= 1;
    if (text.charCodeAt(before) === QUOTE) members += 1;
  }
  return members;
}

/** What JSON allows between its tokens (RFC 8259 §2). */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Colons outside of strings: valid JSON has one a member. */
function membersWritten(text: string): number {
  let colons = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === COLON) colons += 1;
    else if (code === QUOTE) index = closingQuote(text, index);
  }
  return colons;
}

function closingQuote(text: string, opening: number): number {
  let index = text.indexOf('"', opening + 1);
  while (isEscaped(text, index)) index = text.indexOf('"', index + 1);
  return index;
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}

function membersKept(value: object | null): number {
  if (value === null) return 0;
  const inner: unknown[] = Object.values(value);
  let members = Array.isArray(value) ? 0 : inner.length;
  for (const one of inner) if (typeof one === 'object') members += membersKept(one);
  return members;
}
