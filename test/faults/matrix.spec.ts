import { buildWhenStale } from '../../launch/build';
import { eventually } from '../support/eventually';
import type { Operation } from './matrix/callers';
import { type Errand, ERRANDS, KYC_STORE } from './matrix/errands';
import { CAUSES, EXPECTED } from './matrix/expectations';
import type { Fault } from './matrix/fault-proxy';
import { allFaults } from './matrix/faults';
import { GTF, KYC_READ, SATUSEHAT, USERINFO } from './matrix/operations';
import { type Cell, play, playErrand, undisturbed } from './matrix/play';
import { setStage, type Stage } from './matrix/stage';

/** In lanes: one lane's rows come one after another, the lanes at once. */
const LANES: readonly (readonly (Operation | Errand)[])[] = [
  [USERINFO, KYC_READ, KYC_STORE], // reading asks for userinfo, and storing is at the same server
  GTF,
  SATUSEHAT,
  ...ERRANDS.map((errand) => [errand]),
];
/** `ONLY=regex` plays the rows, `FAULT=regex` the faults whose names fit. */
const only = new RegExp(process.env['ONLY'] ?? '');
const onlyFault = new RegExp(process.env['FAULT'] ?? '');
const names = LANES.flat().flatMap(({ name }) => (only.test(name) ? [name] : []));

let stage: Stage;
let log: readonly string[];
let redirectsFollowed: number;
const cells: Cell[] = [];
/** Rows that came to no end. */
const broken: string[] = [];

beforeAll(async () => {
  await buildWhenStale();
  stage = await setStage();
  const faults = allFaults(stage.redirectsTo);
  const started = performance.now();
  await Promise.all(
    LANES.map(async (lane) => {
      for (const row of lane.filter(({ name }) => only.test(name))) await playRow(row, faults);
    }),
  );
  log = await stage.gateway.log();
  redirectsFollowed = stage.followed();
  print(`${cells.length} cells in ${Math.round((performance.now() - started) / 1000)} s`);
}, 1_200_000);
afterAll(async () => {
  await stage?.close();
}, 60_000);

async function playRow(row: Operation | Errand, faults: readonly Fault[]): Promise<void> {
  try {
    if ('troubles' in row)
      for (const trouble of row.troubles(stage, faults).filter(({ name }) => onlyFault.test(name)))
        cells.push(await playErrand(stage, row, trouble));
    else {
      const usual = await undisturbed(stage, row);
      for (const fault of faults.filter(({ name }) => onlyFault.test(name)))
        cells.push(await play(stage, row, fault, usual));
    }
    print(`${row.name}: played`);
  } catch (error) {
    broken.push(`${row.name}: ${String(error)}`);
  }
}

/** Past Jest, which keeps what tests print until they end. */
function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What lines of the log say of causes. */
function causesIn(lines: readonly string[]): string {
  const all = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const words = all.flatMap(({ cause, reason, errorCode }) => [cause, reason, errorCode]);
  return [...new Set(words.filter((word) => typeof word === 'string'))].join('; ');
}

function outcomesOf(operation: string): Record<string, string> {
  const own = cells.filter((cell) => cell.operation === operation);
  return Object.fromEntries(own.map(({ fault, outcome }) => [fault, outcome]));
}

function expectedOf(operation: string): Record<string, string> {
  const all = Object.entries(EXPECTED[operation] ?? {});
  return Object.fromEntries(all.filter(([fault]) => onlyFault.test(fault)));
}

describe('When a partner fails', () => {
  it.each(names)('in any way, the caller of "%s" learns what the table says', (name) => {
    expect(outcomesOf(name)).toEqual(expectedOf(name));
  });

  it('it takes no longer than it may, neighbours are served, nothing is lost, and nothing is doubled unmarked', () => {
    expect(broken).toEqual([]);
    expect(cells.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
  });

  it('the log has the cause of each failure', () => {
    const silent = cells.flatMap(({ operation, fault, logged }) => {
      if (logged === undefined) return [];
      const said = causesIn(log.filter((line) => line.includes(logged)));
      return CAUSES[fault]?.some((word) => said.includes(word)) ? [] : [{ operation, fault, said }];
    });
    expect(silent).toEqual([]);
  });

  it('no redirect is followed', () => {
    expect(redirectsFollowed).toBe(0);
  });

  afterAll(() => print(matrix()));
});

describe('SIMAS-ID', () => {
  const me = async (claims: Readonly<Record<string, unknown>> = {}): Promise<number> => {
    const token = stage.lab.simasId.mintToken({
      unit: 'nanovest',
      phoneNumber: '6281234567890',
      overrides: claims,
    });
    return (await stage.gateway.http.get('/v1/me').set('authorization', `Bearer ${token}`)).status;
  };
  const inSeconds = (ahead: number): number => Math.floor(Date.now() / 1000) + ahead;

  it.each([
    [20, 200],
    [-20, 200],
    [120, 401],
  ])('with a clock %d s ahead of ours: %d', async (ahead, status) => {
    expect(await me({ iat: inSeconds(ahead), nbf: inSeconds(ahead), exp: inSeconds(ahead + 600) })).toBe(
      status,
    );
  });

  it('with a new key lets people in', async () => {
    await stage.lab.simasId.rotateKey({ keepOld: false });
    expect(await eventually(me, (status) => status === 200, 20_000)).toBe(200);
  });
});

/** Operations across, faults down. */
function matrix(): string {
  const faults = [...new Set(cells.map(({ fault }) => fault))];
  const counts = new Map<string, number>();
  for (const { outcome } of cells) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const width = Math.max(...faults.map(({ length }) => length)) + 2;
  const columns = names.map((name) => ({ name, outcomes: outcomesOf(name) }));
  const widthOf = ({ name, outcomes }: (typeof columns)[number]): number =>
    Math.max(name.length, ...Object.values(outcomes).map(({ length }) => length)) + 2;
  const line = (head: string, cell: (column: (typeof columns)[number]) => string): string =>
    head.padEnd(width) + columns.map((column) => cell(column).padEnd(widthOf(column))).join('');
  const rows = faults.map((fault) => line(fault, ({ outcomes }) => outcomes[fault] ?? ''));
  const sums = [...counts].toSorted(([, a], [, b]) => b - a).map(([word, count]) => `${count} ${word}`);
  const wrong = cells.filter((cell) => cell.wrong.length > 0).length;
  return [
    line('', ({ name }) => name),
    ...rows,
    `${cells.length} cells: ${sums.join(', ')}; ${wrong} wrong`,
  ].join('\n');
}
