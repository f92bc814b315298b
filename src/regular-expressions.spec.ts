import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Tests write their own, and settings are the operator's. */
const NOT_OF_OTHERS = /(\.spec|\.fixture|\.settings)\.ts$|[/\\]platform[/\\]config[/\\]/;

interface Found {
  readonly where: string;
  readonly pattern: RegExp;
}

function expressionsIn(folder: string): Found[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith('.ts') && !NOT_OF_OTHERS.test(path));
  return files.flatMap((path) => {
    const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
    const found: Found[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        const end = node.text.lastIndexOf('/');
        const pattern = new RegExp(node.text.slice(1, end), node.text.slice(end + 1));
        found.push({ where: `${path.slice(folder.length + 1)}:${line + 1} ${node.text}`, pattern });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    return found;
  });
}

const COMMON = ['"', '\\', ' ', '\n', 'a', 'A', '0', '8', '@', '.', '-', '<'];

/** What an attacker would build a text of: the words and signs the expression looks for, and one of everything common. */
function tokensOf({ source }: RegExp): string[] {
  const words = source.replaceAll(/\\[a-zA-Z]|\[[^\]]*\]|[()|?*+^$]/g, '\0').split('\0');
  const signs = [...source.replaceAll(/\\[a-zA-Z]/g, '')].filter((sign) => !/[\w()[\]|?*^$]/.test(sign));
  return [...new Set([...COMMON, ...words.filter((word) => word !== ''), ...signs.slice(0, 8)])];
}

/** Texts of a repeated part, behind each possible beginning. */
function* attacks(pattern: RegExp): Generator<(length: number) => string> {
  const tokens = tokensOf(pattern);
  const repeated = (unit: string, length: number): string => unit.repeat(Math.ceil(length / unit.length));
  for (const one of tokens)
    for (const other of tokens) {
      yield (length) => `${repeated(one + other, length)}\u0001`;
      yield (length) => `${other}${repeated(one, length)}\u0001`;
    }
}

function milliseconds(pattern: RegExp, text: string): number {
  const started = performance.now();
  text.replace(pattern, '');
  return performance.now() - started;
}

const SHORT = 4_000;
const SUSPICIOUS_MS = 4;
/** Six times as long: six times as slow where the time is linear, 36 times where it is not. */
const LONG = 24_000;
const TOO_SLOW_MS = 100;

/** A pause of the machine passes; what an expression takes by its nature is there every time. */
function isTooSlow(pattern: RegExp, text: string): boolean {
  return [1, 2, 3].every(() => milliseconds(pattern, text) > TOO_SLOW_MS);
}

const EXPRESSIONS = expressionsIn(__dirname);

describe('a text that somebody built to keep the gateway busy', () => {
  it('is looked for in the regular expressions of the program', () => {
    expect(EXPRESSIONS.length).toBeGreaterThan(50);
  });

  it.each([/"(?:[^"\\]|\\.)*"|-?\d+/g, /^(\d{1,2})\s*[-/. ]\s*(\d{4})$/, /\s+$/, /\beyJ[\w-]{8,}\.[\w-]+/g])(
    'would be found in %s',
    (pattern) => {
      const slow = [...attacks(pattern)].some((text) => isTooSlow(pattern, text(LONG)));
      expect(slow).toBe(true);
    },
  );

  it.each(EXPRESSIONS.map(({ where, pattern }) => [where, pattern] as const))(
    'costs no more than its length in %s',
    (_where, pattern) => {
      for (const text of attacks(pattern)) {
        if (milliseconds(pattern, text(SHORT)) < SUSPICIOUS_MS) continue;
        const long = text(LONG);
        if (isTooSlow(pattern, long)) throw new Error(`slow on ${JSON.stringify(long.slice(0, 40))}…`);
      }
    },
  );
});
