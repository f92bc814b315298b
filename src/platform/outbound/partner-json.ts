/**
 * A partner's body as text: UTF-8, whatever its label says (RFC 8259 §8.1), unless its first bytes say UTF-16. A byte order mark is
 * dropped, which `JSON.parse` would refuse.
 */
export function textOf(body: Buffer): string {
  return new TextDecoder(encodingOf(body)).decode(body);
}

/** A partner's body as JSON, or undefined: judged by a schema afterwards. Content types are not looked at: they name anything. */
export function jsonOf(body: Buffer): unknown {
  return jsonIn(textOf(body));
}

export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function encodingOf([first, second]: Buffer): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}
