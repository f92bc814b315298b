import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { commandBlocks, documentsWithCommands, readDocument } from './command-blocks';
import { projectRoot } from './data-folder';

const RULE = 'CONTRIBUTING.md, "Write a command into a document", says what each block of commands needs';

/** A language that says "shell" in another word: such a block would go unnoticed. */
const MISNAMED = /^ *```(bash|shell|console|zsh|terminal|sh .*)$/gm;
const SCRIPT_CALL =
  /\bnpm (?:run )?(?:--silent )?(?!(?:ci|install|exec|run|pack|create)\b|--)([\w:-]+)(?:.*? -w (\S+))?/g;

/** Names of scripts that commands call, with the package's folder. */
function calledScripts(code: string): { readonly script: string; readonly folder: string }[] {
  return [...code.matchAll(SCRIPT_CALL)].map(([, script = '', folder = '']) => ({ script, folder }));
}

function scriptsOf(folder: string): string[] {
  const { scripts = {} } = JSON.parse(readDocument(join(folder, 'package.json'))) as { scripts?: object };
  return Object.keys(scripts);
}

describe.each(documentsWithCommands())('The commands in %s', (file) => {
  const blocks = commandBlocks(file);

  it('say which spec executes them, if npm run test:commands does not', () => {
    const unknown = blocks.filter(
      ({ executedBy }) =>
        executedBy !== undefined &&
        !(
          existsSync(join(projectRoot, executedBy)) &&
          readDocument(executedBy).includes(basename(file, '.md'))
        ),
    );
    expect({ RULE, unknown }).toEqual({ RULE, unknown: [] });
  });

  it('say why nothing executes them, where that is so', () => {
    const silent = blocks.filter(
      ({ notExecuted }) => notExecuted !== undefined && !/\w+ \w+ \w+/.test(notExecuted),
    );
    expect({ RULE, silent }).toEqual({ RULE, silent: [] });
  });

  it('stand in blocks that are found', () => {
    expect({ RULE, misnamed: readDocument(file).match(MISNAMED) ?? [] }).toEqual({ RULE, misnamed: [] });
  });

  it('are a shell’s, and call scripts that exist', () => {
    const code = blocks.map((block) => block.code).join('');
    execFileSync('bash', ['-n', '-c', code], { stdio: ['ignore', 'ignore', 'inherit'] });
    const missing = calledScripts(code).filter(({ script, folder }) => !scriptsOf(folder).includes(script));
    expect(missing).toEqual([]);
  });
});

describe('A block of commands', () => {
  const document = (...parts: string[]): string => ['# Title', ...parts].join('\n\n');
  const block = (code: string): string => `\`\`\`sh\n${code}\n\`\`\``;

  it('belongs to npm run test:commands, where no mark says otherwise', () => {
    const [one, ...more] = commandBlocks('README.md', document('Words.', block('ls')));
    expect(one).toEqual({ at: 'README.md:5', code: 'ls\n', executedBy: undefined, notExecuted: undefined });
    expect(more).toEqual([]);
  });

  it('is given to another by the mark above it alone, and a whole document by the mark below its title', () => {
    const mark = '<!-- executed by test/e2e/a.spec.ts -->';
    const why = '<!-- not executed: it takes an hour -->';
    const fates = (text: string): (string | undefined)[] =>
      commandBlocks('README.md', text).map(({ executedBy, notExecuted }) => executedBy ?? notExecuted);
    expect(fates(document('Words.', mark, block('a'), block('b')))).toEqual([
      'test/e2e/a.spec.ts',
      undefined,
    ]);
    expect(fates(document(mark, 'Words.', block('a'), why, block('b')))).toEqual([
      'test/e2e/a.spec.ts',
      'it takes an hour',
    ]);
  });

  it('in a list loses its indentation', () => {
    const [one] = commandBlocks('README.md', document('1. Words.', '   ```sh\n   a \\\n     b\n   ```'));
    expect(one?.code).toBe('a \\\n  b\n');
  });

  it('names scripts of the root and of workspaces', () => {
    expect(calledScripts('npm ci && npm start\nnpm run dev -w console\nnpm run ledger -- verify')).toEqual([
      { script: 'start', folder: '' },
      { script: 'dev', folder: 'console' },
      { script: 'ledger', folder: '' },
    ]);
  });
});
