import { declarations } from './app.module';
import {
  isSecret,
  platformSettings,
  type RawEnvironment,
  type SettingsDeclaration,
  type SettingsRegistry,
  unitPrefix,
} from './platform/config';

export type CheckMark = 'ok' | 'FAIL' | 'WARN' | '--';

/** What became of a trial. */
export interface CheckResult {
  /** Null when it concerns every unit. */
  readonly businessUnit: string | null;
  readonly subject: string;
  readonly mark: CheckMark;
  readonly words: string;
}

/** All that the doctor knows. */
export interface Examination {
  readonly businessUnits: readonly string[];
  readonly environment: RawEnvironment;
  readonly registry: SettingsRegistry;
  /** What is wrong with the configuration itself, each beginning with the variable's name. */
  readonly problems: readonly string[];
  readonly results: readonly CheckResult[];
}

/** Labels of hosts, or whole words, by which partners tell their test environments (docs/partners). */
const TEST_ENVIRONMENT = /(?:^|[.-])(?:stg|staging|sandbox|dev|development)(?:[.-]|$)/;
const NEEDED_BY = /\(needed by ([a-z0-9, -]+)\)$/;

/** What keeps a unit from production, a line each; none when it is ready. */
export function reasonsAgainst(unit: string, examination: Examination): string[] {
  const { environment, registry, problems, results } = examination;
  const production = registry.of(platformSettings).values.NODE_ENV === 'production';
  const prefix = unitPrefix(unit);
  const empty = Object.keys(environment).filter(
    (name) => environment[name] === '' && ownerOf(name, examination) === unit,
  );
  const said = problems.filter((problem) => concerns(problem, unit, examination));
  const failed = results.filter(
    ({ mark, businessUnit }) => mark === 'FAIL' && (businessUnit ?? unit) === unit,
  );
  return [
    ...(production ? [] : ['NODE_ENV is not production: weak secrets and plain http: pass']),
    ...said,
    ...empty
      .filter((name) => !said.some((problem) => problem.startsWith(`${name} `)))
      .map((name) => `${name} is empty: fill it in, or take the line out`),
    ...(isSet(environment, `${prefix}API_CREDENTIALS`)
      ? []
      : [`${prefix}API_CREDENTIALS is missing: its back office cannot ask`]),
    ...failed.map(({ subject, words }) => `${subject}: ${words}`),
    ...declarations.flatMap((declaration) => testEnvironments(declaration, unit, examination)),
  ];
}

function isSet(environment: RawEnvironment, name: string): boolean {
  return Boolean(environment[name] || environment[`${name}_FILE`]);
}

/** A problem is its unit's own, theirs who need the variable, or everybody's. */
function concerns(problem: string, unit: string, examination: Examination): boolean {
  const owner = ownerOf(problem, examination);
  if (owner !== undefined) return owner === unit;
  return NEEDED_BY.exec(problem)?.[1]?.split(', ').includes(unit) ?? true;
}

/** The unit whose variable the text begins with: of `sim` and `sim-invest` the one that says more. */
function ownerOf(text: string, { businessUnits }: Examination): string | undefined {
  const owners = businessUnits.filter((id) => text.startsWith(unitPrefix(id)));
  return owners.sort((one, other) => other.length - one.length).at(0);
}

/** Addresses of partners' test environments among those that the unit depends on. */
function testEnvironments(
  declaration: SettingsDeclaration,
  unit: string,
  examination: Examination,
): string[] {
  const { environment, registry } = examination;
  if (declaration.token === platformSettings.token) return [];
  const used = registry.of(declaration).forUnit(unit) === null ? {} : declaration.whenUsed;
  return Object.entries({ ...declaration.shared, ...used }).flatMap(([name, schema]) => {
    const text = isSecret(schema) ? '' : (environment[name] ?? '');
    const place = URL.canParse(text) ? new URL(text).hostname : text;
    return TEST_ENVIRONMENT.test(place) ? [`${name} is of a test environment: ${place}`] : [];
  });
}
