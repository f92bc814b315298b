import { readFileSync } from 'node:fs';
import { type DynamicModule, Module } from '@nestjs/common';
import { z } from 'zod';
import { ConfigurationError } from './configuration-error';
import { asInProduction, isSecret } from './schemas';
import {
  type LoadedSettings,
  type RawEnvironment,
  type SettingsDeclaration,
  type Shape,
  unitPrefix,
} from './settings';
import { unknownVariables } from './unknown-variables';

/** Every loaded declaration. */
export class SettingsRegistry {
  constructor(readonly byToken: ReadonlyMap<symbol, LoadedSettings<SettingsDeclaration>>) {}

  /** What a declaration became, which was among those that were loaded. */
  of<D extends SettingsDeclaration>({ token, title }: D): LoadedSettings<D> {
    const loaded = this.byToken.get(token);
    if (loaded === undefined) throw new Error(`the settings "${title}" were not loaded`);
    return loaded;
  }
}

/** Makes every feature's loaded settings injectable by its declaration's token, and the registry of all by its class. */
@Module({})
export class SettingsModule {
  static forRoot(registry: SettingsRegistry): DynamicModule {
    const loaded = [...registry.byToken].map(([provide, useValue]) => ({ provide, useValue }));
    const providers = [...loaded, { provide: SettingsRegistry, useValue: registry }];
    return { module: SettingsModule, global: true, providers, exports: providers };
  }
}

/**
 * Reads all declarations for all units.
 * @throws ConfigurationError with every missing, weak, malformed or unknown variable.
 */
export function loadSettings(...given: Parameters<typeof readSettings>): SettingsRegistry {
  const { registry, problems } = readSettings(...given);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return registry;
}

/**
 * The same, for who wants to know what can be used all the same: a variable with a problem is as if it were unset, a unit's account or
 * a feature that lacks one is none, and a shared variable that is demanded is undefined, whatever its type says.
 * @param others given when these are all the declarations: what other programs read. Then a name that nothing reads is a problem,
 *   unless `CONFIG_UNKNOWN` is `warn`.
 */
export function readSettings(
  declarations: readonly SettingsDeclaration[],
  businessUnits: readonly string[],
  raw: RawEnvironment,
  others?: readonly string[],
): { readonly registry: SettingsRegistry; readonly problems: readonly string[] } {
  const reader = new EnvironmentReader(raw);
  const loaded = new Map(
    declarations.map((declaration) => [declaration.token, loadOne(declaration, businessUnits, reader)]),
  );
  if (others !== undefined && reader.text('CONFIG_UNKNOWN') !== 'warn')
    reader.problems.push(...unknownVariables(declarations, businessUnits, others, raw));
  return { registry: new SettingsRegistry(loaded), problems: [...new Set(reader.problems)] };
}

/** One variable alone, before the declarations can be read; undefined where it is unset or cannot be used. */
export function readVariable<T>(raw: RawEnvironment, name: string, schema: z.ZodType<T>): T | undefined {
  return schema.safeParse(new EnvironmentReader(raw).text(name)).data;
}

function loadOne(
  { shared, whenUsed, unit, unitOptional, together }: SettingsDeclaration,
  businessUnits: readonly string[],
  reader: EnvironmentReader,
): LoadedSettings<SettingsDeclaration> {
  const problemsBefore = reader.problems.length;
  const values = reader.read(shared);
  if (reader.production && reader.problems.length === problemsBefore)
    reader.problems.push(...(together?.(values) ?? []));
  const optional = new Map<string, Read>();
  const units = new Map<string, Read | null>();
  for (const businessUnit of businessUnits) {
    const prefix = unitPrefix(businessUnit);
    optional.set(businessUnit, reader.read(unitOptional, { prefix }));
    if (Object.entries(unit).some(([name, schema]) => reader.isMeant(prefix + name, schema)))
      units.set(businessUnit, reader.whole(unit, { prefix }));
  }
  const common = reader.whole(whenUsed, { neededBy: [...units.keys()] });
  return {
    values,
    whenUsed: units.size === 0 ? null : common,
    forUnit: (businessUnit) => {
      const own = units.get(businessUnit) ?? null;
      return own === null || common === null ? null : { ...common, ...own, ...optional.get(businessUnit) };
    },
    optionalForUnit: (businessUnit) => optional.get(businessUnit) ?? z.object(unitOptional).parse({}),
  };
}

type Read = Record<string, unknown>;

interface Reading {
  readonly prefix?: string;
  /** Of variables that count once a unit needs them: the units that do. */
  readonly neededBy?: readonly string[];
}

/**
 * Reads variables, gathering every problem instead of stopping at the first.
 * `NAME_FILE` names a file that holds the value; one trailing newline is trimmed (contract §5, §6 Operation).
 */
class EnvironmentReader {
  readonly problems: string[] = [];
  readonly production: boolean;

  constructor(private readonly raw: RawEnvironment) {
    this.production = this.text('NODE_ENV') === 'production';
  }

  /** Whether somebody meant to set it: an empty secret waits to be filled in. */
  isMeant(name: string, schema: z.ZodType): boolean {
    return Boolean(this.raw[name] || this.raw[`${name}_FILE`]) || (this.raw[name] === '' && isSecret(schema));
  }

  /** The values; what is wrong is noted in `problems`, one problem a variable. */
  read(shape: Shape, { prefix = '', neededBy }: Reading = {}): Read {
    const values: Read = {};
    for (const [name, schema] of Object.entries(shape)) {
      const problemsBefore = this.problems.length;
      const text = this.text(prefix + name, isSecret(schema));
      if (text === undefined && neededBy?.length === 0) continue;
      const counts = this.production ? asInProduction(schema) : schema;
      const { success, data, error } = counts.safeParse(text, { error: inPlainWords });
      values[name] = success ? data : usable(schema, text);
      if (success || this.problems.length > problemsBefore) continue;
      const message = error.issues[0]?.message;
      const why = message === MISSING && neededBy ? ` (needed by ${neededBy.join(', ')})` : '';
      this.problems.push(`${prefix}${name} ${message}${why}`);
    }
    return values;
  }

  /** The same; null where anything is wrong. */
  whole(shape: Shape, reading: Reading): Read | null {
    const problemsBefore = this.problems.length;
    const values = this.read(shape, reading);
    return this.problems.length === problemsBefore ? values : null;
  }

  /** The variable's text; undefined when it is unset or empty. */
  text(name: string, secret = false): string | undefined {
    const direct = this.raw[name];
    const file = this.raw[`${name}_FILE`];
    if (direct && file) this.problems.push(`${name} and ${name}_FILE are both set: keep one`);
    else if (file) return this.#fromFile(name, file, secret);
    else if (direct === '' && secret) this.problems.push(`${name} is set but empty`);
    else return direct || undefined;
    return undefined;
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

/** What a text is read as, or what stands in for it where it cannot be. */
function usable(schema: z.ZodType, text: unknown): unknown {
  const { success, data } = schema.safeParse(text);
  return success ? data : schema.safeParse(undefined).data;
}

const MISSING = 'is missing';

/** For what zod itself checks; other messages stand at their schemas. Every input is a text, so one of another type is none. */
function inPlainWords(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  return issue.code === 'invalid_type' && issue.input === undefined ? MISSING : 'cannot be used';
}
