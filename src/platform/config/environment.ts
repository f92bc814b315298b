import { readFileSync } from 'node:fs';
import { Invalid, type ReadingContext, type Variable } from './variables';

export type RawEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Reads single variables, gathering every problem instead of stopping at the first.
 * `NAME_FILE` names a file that holds the value; one trailing newline is trimmed (contract §5, §6 Operation).
 */
export class EnvironmentReader {
  readonly problems: string[] = [];
  readonly context: ReadingContext;
  readonly #raw: RawEnvironment;
  /** Which variable holds which key, by its bytes. */
  readonly #keys = new Map<string, string>();

  constructor(raw: RawEnvironment) {
    this.#raw = raw;
    this.context = { production: this.#text('NODE_ENV', false) === 'production' };
    this.problems.length = 0; // noted when it is read as a setting
  }

  isSet(name: string): boolean {
    return Boolean(this.#raw[name]) || Boolean(this.#raw[`${name}_FILE`]);
  }

  /** The variable's value, its default, or undefined; what is wrong is noted in `problems`. */
  read<T>(name: string, variable: Variable<T>): T | undefined {
    const raw = this.#text(name, variable.secret) ?? variable.default;
    if (raw === undefined) return undefined;
    try {
      const value = variable.read(raw, this.context);
      if (this.context.production) this.#noteKeys(name, variable.keysIn?.(raw) ?? []);
      return value;
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      this.problems.push(`${name} ${error.message}`);
      return undefined;
    }
  }

  /** As {@link read}, but an unset variable is a problem too. */
  require<T>(name: string, variable: Variable<T>, why = ''): T | undefined {
    const before = this.problems.length;
    const value = this.read(name, variable);
    if (value === undefined && this.problems.length === before)
      this.problems.push(`${name} is missing${why}`);
    return value;
  }

  /** A key that serves two purposes gives both away with one. */
  #noteKeys(name: string, keys: readonly Buffer[]): void {
    const own = new Set(keys.map((key) => key.toString('hex')));
    if (own.size < keys.length) this.problems.push(`${name} holds the same key twice`);
    for (const key of own) {
      const holder = this.#keys.get(key);
      if (holder !== undefined && holder !== name)
        this.problems.push(`${name} holds the same key as ${holder}: make one of its own`);
      this.#keys.set(key, name);
    }
  }

  #text(name: string, secret: boolean): string | undefined {
    const direct = this.#raw[name];
    const file = this.#raw[`${name}_FILE`];
    if (direct !== undefined && direct !== '' && file !== undefined && file !== '') {
      this.problems.push(`${name} and ${name}_FILE are both set: keep one`);
      return undefined;
    }
    if (file !== undefined && file !== '') return this.#fromFile(name, file, secret);
    if (direct === '' && secret) this.problems.push(`${name} is set but empty`);
    return direct === '' ? undefined : direct;
  }

  #fromFile(name: string, file: string, secret: boolean): string | undefined {
    try {
      const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
      if (text !== '') return text;
      if (secret) this.problems.push(`${name}_FILE names an empty file`);
    } catch {
      this.problems.push(`${name}_FILE names a file that cannot be read`);
    }
    return undefined;
  }
}

/** The process's own environment. The one place that reads it. */
export function processEnvironment(): RawEnvironment {
  return process.env;
}
