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
  const near = candidates
    .filter((candidate) => Math.abs(candidate.length - name.length) <= MAX_LETTERS_APART)
    .map((candidate) => ({ candidate, apart: lettersApart(name, candidate) }))
    .filter(({ apart }) => apart <= MAX_LETTERS_APART);
  return near.sort((one, other) => one.apart - other.apart).at(0)?.candidate;
}

/** Letters to add, drop or change (Levenshtein). */
function lettersApart(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (const letter of one) {
    const [first = 0] = row;
    const next = [first + 1];
    for (let place = 0; place < other.length; place += 1) {
      const [above = 0, left = 0, before = 0] = [row[place + 1], next[place], row[place]];
      next.push(Math.min(above + 1, left + 1, before + (letter === other[place] ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
