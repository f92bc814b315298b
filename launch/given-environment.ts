import { readFileSync } from 'node:fs';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What is configured for a variable, directly or through `NAME_FILE`; undefined when it is unset or empty, or its file cannot
 * be read. What is wrong with a value is for the gateway to say.
 */
export function configured(environment: Environment, name: string): string | undefined {
  const file = environment[`${name}_FILE`];
  if (!file) return environment[name] || undefined;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined;
  } catch {
    return undefined;
  }
}

/** Whether somebody meant to configure the variable, even if with a file that cannot be read. */
function isConfigured(environment: Environment, name: string): boolean {
  return Boolean(environment[name]) || Boolean(environment[`${name}_FILE`]);
}

/** Whether nobody mentioned the variable. One that is set to nothing is mentioned: for a secret that is a mistake. */
export function isUnset(environment: Environment, name: string): boolean {
  return environment[name] === undefined && environment[`${name}_FILE`] === undefined;
}

/** `given` plus those of `more` that nobody configured. */
export function completed(given: Environment, more: Environment): Environment {
  const missing = Object.entries(more).filter(([name]) => !isConfigured(given, name));
  return { ...given, ...Object.fromEntries(missing) };
}

/** Prefix of a business unit's variables. */
export function unitPrefix(unit: string): string {
  return `BU_${unit.toUpperCase().replaceAll('-', '_')}_`;
}
