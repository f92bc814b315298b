import type { Variable } from './variables';

// eslint rules forbid `any`; a shape maps names to variables of whatever type.
export type Shape = Readonly<Record<string, Variable<unknown>>>;
type ValueOf<V> = V extends Variable<infer T> ? T : never;
/** Values of a shape whose variables are certain to be there. */
export type Present<S extends Shape> = { readonly [Name in keyof S]: ValueOf<S[Name]> };
/** Values of a shape whose variables may be unset. */
export type Maybe<S extends Shape> = { readonly [Name in keyof S]: ValueOf<S[Name]> | undefined };

/**
 * The environment variables of one feature.
 * `required` – must be set (or have a default) for the program to start.
 * `optional` – may be unset.
 * `whenUsed` – must be set as soon as one business unit has `unit` credentials.
 * `unit`     – per business unit, `BU_<BU>_<NAME>`: all of them or none; none means the unit runs without the feature.
 * `unitOptional` – per business unit, each may be unset.
 */
export interface SettingsDeclaration<
  Required extends Shape = Shape,
  Optional extends Shape = Shape,
  WhenUsed extends Shape = Shape,
  Unit extends Shape = Shape,
  UnitOptional extends Shape = Shape,
> {
  /** Injection token of the loaded settings. */
  readonly token: symbol;
  readonly title: string;
  readonly required: Required;
  readonly optional: Optional;
  readonly whenUsed: WhenUsed;
  readonly unit: Unit;
  readonly unitOptional: UnitOptional;
}

const NONE = {};
type None = Record<never, never>;

/** Declares the variables of one feature; inject the loaded values by `declaration.token`. */
export function defineSettings<
  Required extends Shape = None,
  Optional extends Shape = None,
  WhenUsed extends Shape = None,
  Unit extends Shape = None,
  UnitOptional extends Shape = None,
>(declaration: {
  readonly title: string;
  readonly required?: Required;
  readonly optional?: Optional;
  readonly whenUsed?: WhenUsed;
  readonly unit?: Unit;
  readonly unitOptional?: UnitOptional;
}): SettingsDeclaration<Required, Optional, WhenUsed, Unit, UnitOptional> {
  return {
    token: Symbol(declaration.title),
    title: declaration.title,
    required: declaration.required ?? (NONE as Required),
    optional: declaration.optional ?? (NONE as Optional),
    whenUsed: declaration.whenUsed ?? (NONE as WhenUsed),
    unit: declaration.unit ?? (NONE as Unit),
    unitOptional: declaration.unitOptional ?? (NONE as UnitOptional),
  };
}

/** What a declaration becomes once the environment was read. */
export interface LoadedSettings<D extends SettingsDeclaration> {
  readonly values: Present<D['required']> & Maybe<D['optional']>;
  /** The unit's own variables together with `whenUsed`; null when the unit runs without this feature. */
  readonly forUnit: (
    businessUnit: string,
  ) => (Present<D['unit']> & Present<D['whenUsed']> & Maybe<D['unitOptional']>) | null;
  /** `unitOptional` alone, also for a unit without credentials. */
  readonly optionalForUnit: (businessUnit: string) => Maybe<D['unitOptional']>;
}

/** The prefix of a unit's variables: `nanovest` → `BU_NANOVEST_`. */
export function unitPrefix(businessUnit: string): string {
  return `BU_${businessUnit.toUpperCase().replaceAll('-', '_')}_`;
}
