import { inspect } from 'node:util';

/**
 * A value that must not be printed: every way of turning it into text gives `***`.
 * The only way to the value is {@link Secret.reveal}, which a reviewer can search for.
 */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}
