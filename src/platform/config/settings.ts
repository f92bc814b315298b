import type { z } from 'zod';

export type RawEnvironment = Readonly<Record<string, string | undefined>>;

/** Variables by name, each with the zod schema of its text; `.optional()` and `.prefault(text)` say what an unset one means. */
export type Shape = Readonly<Record<string, z.ZodType>>;
/** The values of a shape. */
export type Values<S extends Shape> = { readonly [Name in keyof S]: z.output<S[Name]> };

/**
 * The environment variables of one feature.
 * `shared`   – of the whole program.
 * `whenUsed` – of the whole program, read once a business unit has `unit` variables.
 * `unit`     – per business unit, `BU_<BU>_<NAME>`: all of them or none; none means the unit runs without the feature.
 * `unitOptional` – per business unit, also without `unit` variables; each may be unset.
 */
export interface SettingsDeclaration<
  Shared extends Shape = Shape,
  WhenUsed extends Shape = Shape,
  Unit extends Shape = Shape,
  UnitOptional extends Shape = Shape,
> {
  /** Injection token of the loaded settings. */
  readonly token: symbol;
  readonly title: string;
  readonly shared: Shared;
  readonly whenUsed: WhenUsed;
  readonly unit: Unit;
  readonly unitOptional: UnitOptional;
  /** What holds between several `shared` values, in production: what is wrong, each beginning with a variable's name. */
  together?(this: void, values: Values<Shared>): readonly string[];
}

type None = Record<never, never>;

/** Declares the variables of one feature; inject the loaded values by `declaration.token`. */
export function defineSettings<
  Shared extends Shape = None,
  WhenUsed extends Shape = None,
  Unit extends Shape = None,
  UnitOptional extends Shape = None,
>({
  title,
  shared = {} as Shared,
  whenUsed = {} as WhenUsed,
  unit = {} as Unit,
  unitOptional = {} as UnitOptional,
  together,
}: Partial<SettingsDeclaration<Shared, WhenUsed, Unit, UnitOptional>> & {
  readonly title: string;
}): SettingsDeclaration<Shared, WhenUsed, Unit, UnitOptional> {
  return { token: Symbol(title), title, shared, whenUsed, unit, unitOptional, ...(together && { together }) };
}

/** What a declaration becomes once the environment was read. */
export interface LoadedSettings<D extends SettingsDeclaration> {
  readonly values: Values<D['shared']>;
  /** Null when no unit uses this feature. */
  readonly whenUsed: Values<D['whenUsed']> | null;
  /** The unit's own variables together with `whenUsed`; null when the unit runs without this feature. */
  readonly forUnit: (
    businessUnit: string,
  ) => (Values<D['unit']> & Values<D['whenUsed']> & Values<D['unitOptional']>) | null;
  /** `unitOptional` alone, also for a unit without credentials. */
  readonly optionalForUnit: (businessUnit: string) => Values<D['unitOptional']>;
}

/** The prefix of a unit's variables: `nanovest` → `BU_NANOVEST_`. */
export function unitPrefix(businessUnit: string): string {
  return `BU_${businessUnit.toUpperCase().replaceAll('-', '_')}_`;
}
