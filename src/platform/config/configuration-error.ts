/** The configuration cannot be used. Lists every problem at once and never a value; the program ends with code 78 (EX_CONFIG). */
export class ConfigurationError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}`);
  }
}
