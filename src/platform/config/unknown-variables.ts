import { type RawEnvironment, type SettingsDeclaration, unitPrefix } from './settings';

/** What orchestrators set for every service they know, whatever it is called. */
const INJECTED_NAME = /_SERVICE_HOST$|_SERVICE_PORT|_PORT_/;
const INJECTED_VALUE = /^(tcp|udp|sctp):\/\//;
const UNIT_VARIABLE = /^BU_/;
const MAX_LETTERS_APART = 2;

/**
 * Names that were meant for us and that nothing reads: a misspelt variable is one that is not set. Every other name is somebody
 * else's business.
 * @param others names that our other programs read from the same environment
 * @returns a problem a name, in words
 */
export function unknownVariables(
  declarations: readonly SettingsDeclaration[],
  businessUnits: readonly string[],
  others: readonly string[],
  raw: RawEnvironment,
): string[] {
  const names = [...others, ...namesOf(declarations, businessUnits)];
  const known = new Set(names.flatMap(withFile));
  const candidates = names.filter((name) => name.includes('_')).flatMap(withFile);
  return Object.entries(raw).flatMap(([name, value]) => {
    if (value === undefined || value === '' || known.has(name)) return [];
    if (!name.includes('_') || INJECTED_NAME.test(name) || INJECTED_VALUE.test(value)) return [];
    const meant = nearest(name, candidates);
    // Without a unit every unit's variables are unknown, and that there is none is told already.
    const lost = UNIT_VARIABLE.test(name) && businessUnits.length > 0;
    if (meant !== undefined) return [`${name} is not known: did you mean ${meant}?`];
    return lost ? [`${name} is not known: no unit of BUSINESS_UNITS has such a variable`] : [];
  });
}

function withFile(name: string): string[] {
  return [name, `${name}_FILE`];
}

function namesOf(declarations: readonly SettingsDeclaration[], businessUnits: readonly string[]): string[] {
  return declarations.flatMap(({ shared, whenUsed, unit, unitOptional }) => [
    ...Object.keys({ ...shared, ...whenUsed }),
    ...businessUnits.flatMap((businessUnit) =>
      Object.keys({ ...unit, ...unitOptional }).map((name) => unitPrefix(businessUnit) + name),
    ),
  ]);
}

function nearest(name: string, candidates: readonly string[]): string | undefined {
  let found: { readonly name: string; readonly apart: number } | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) > MAX_LETTERS_APART) continue;
    const apart = lettersApart(name, candidate);
    if (apart <= MAX_LETTERS_APART && apart < (found?.apart ?? Infinity)) found = { name: candidate, apart };
  }
  return found?.name;
}

/** Letters to add, drop, change or swap with their neighbour (optimal string alignment). */
function lettersApart(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row[j] = Math.min(
        (last[j] ?? Infinity) + 1,
        (row[j - 1] ?? Infinity) + 1,
        (last[j - 1] ?? Infinity) + same,
        swapped ? (before[j - 2] ?? Infinity) + 1 : Infinity,
      );
    }
    before = last;
    last = row;
  }
  return last[other.length] ?? Infinity;
}
