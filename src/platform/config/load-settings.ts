import { EnvironmentReader, type RawEnvironment } from './environment';
import { platformSettings } from './platform.settings';
import { type LoadedSettings, type SettingsDeclaration, type Shape, unitPrefix } from './settings';
import { unknownVariables } from './unknown-variables';

/** The configuration cannot be used. Lists every problem at once and never a value; the program ends with code 78 (EX_CONFIG). */
export class ConfigurationError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}`);
  }
}

/** Every loaded declaration, by its token. */
export type SettingsRegistry = ReadonlyMap<symbol, LoadedSettings<SettingsDeclaration>>;

type Values = Record<string, unknown>;

/**
 * Reads all declarations for all units.
 * @param others given when these are all the declarations: what other programs read. Then a name that nothing reads is a problem,
 *   unless `CONFIG_UNKNOWN` is `warn`.
 * @throws ConfigurationError with every missing, weak, malformed or unknown variable.
 */
export function loadSettings(
  declarations: readonly SettingsDeclaration[],
  businessUnits: readonly string[],
  raw: RawEnvironment,
  others?: readonly string[],
): SettingsRegistry {
  const reader = new EnvironmentReader(raw);
  const registry = new Map<symbol, LoadedSettings<SettingsDeclaration>>();
  for (const declaration of declarations)
    registry.set(declaration.token, loadOne(declaration, businessUnits, reader));
  if (
    others !== undefined &&
    reader.read('CONFIG_UNKNOWN', platformSettings.required.CONFIG_UNKNOWN) !== 'warn'
  )
    reader.problems.push(...unknownVariables(declarations, businessUnits, others, raw));
  if (reader.problems.length > 0) throw new ConfigurationError([...new Set(reader.problems)]);
  return registry;
}

function loadOne(
  declaration: SettingsDeclaration,
  businessUnits: readonly string[],
  reader: EnvironmentReader,
): LoadedSettings<SettingsDeclaration> {
  const values = {
    ...readAll(declaration.required, '', reader, true),
    ...readAll(declaration.optional, '', reader, false),
  };
  const optional = new Map<string, Values>();
  const units = new Map<string, Values>();
  for (const unit of businessUnits) {
    const prefix = unitPrefix(unit);
    optional.set(unit, readAll(declaration.unitOptional, prefix, reader, false));
    const uses = Object.keys(declaration.unit).some((name) => reader.isSet(prefix + name));
    if (uses) units.set(unit, readAll(declaration.unit, prefix, reader, true));
  }
  const shared = readAll(
    declaration.whenUsed,
    '',
    reader,
    units.size > 0,
    ` (needed by ${[...units.keys()].join(', ')})`,
  );
  return {
    values,
    forUnit: (unit) => {
      const own = units.get(unit);
      return own === undefined ? null : { ...shared, ...own, ...optional.get(unit) };
    },
    optionalForUnit: (unit) => optional.get(unit) ?? {},
  };
}

function readAll(
  shape: Shape,
  prefix: string,
  reader: EnvironmentReader,
  required: boolean,
  why = '',
): Values {
  const values: Values = {};
  for (const [name, variable] of Object.entries(shape)) {
    const needed = required || (variable.neededInProduction && reader.context.production);
    values[name] = needed
      ? reader.require(prefix + name, variable, why)
      : reader.read(prefix + name, variable);
  }
  return values;
}
