import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes, randomUUID } from 'node:crypto';

/** Fields of a log line: ids, codes, counts and durations, never personal data. */
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Version 00 as it is, later ones as far as they are the same (W3C Trace Context §3.2, §4.3). */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/;
const KNOWN_FLAGS = 0b11;
const SAMPLED = '01';

const active = new AsyncLocalStorage<Trace>();

/**
 * A request or a job with everything that it causes (W3C Trace Context): log lines written meanwhile have its fields, and partners and
 * later jobs get its `traceparent`. Of what a caller sends only trace id and flags are kept; `tracestate` goes nowhere.
 */
export class Trace {
  #fields: Fields;

  private constructor(
    private readonly id: string,
    private readonly flags: string,
    fields: Fields,
  ) {
    this.#fields = { traceId: id, ...fields };
  }

  /** Goes on with what was sent along, or begins anew where that is nothing or malformed. */
  static from(traceparent: unknown, fields: Fields): Trace {
    const sent = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent) : null;
    if (sent === null || (sent[1] === '00' && sent[4] !== undefined))
      return new Trace(randomUUID().replaceAll('-', ''), SAMPLED, fields);
    const [, , id = '', flags = ''] = sent;
    const known = Number.parseInt(flags, 16) & KNOWN_FLAGS;
    return new Trace(id, known.toString(16).padStart(2, '0'), fields);
  }

  static current(): Trace | undefined {
    return active.getStore();
  }

  /** For a call to a partner: a span of the current trace, or of one that begins with it. */
  static header(): { readonly traceparent: string } {
    return { traceparent: (Trace.current() ?? Trace.from(undefined, {})).traceparent() };
  }

  /** Adds to the later log lines of the current trace. */
  static note(fields: Fields): void {
    Trace.current()?.note(fields);
  }

  /** Work that is done for many at once belongs to none of them. */
  static outside<T>(work: () => T): T {
    return active.exit(work);
  }

  get fields(): Fields {
    return this.#fields;
  }

  note(fields: Fields): void {
    this.#fields = { ...this.#fields, ...fields };
  }

  run<T>(work: () => T): T {
    return active.run(this, work);
  }

  /** Each call and job is a span of its own. */
  traceparent(): string {
    return `00-${this.id}-${randomBytes(8).toString('hex')}-${this.flags}`;
  }
}
