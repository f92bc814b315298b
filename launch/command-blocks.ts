import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './data-folder';

/** One ```sh block of a document for people. */
export interface CommandBlock {
  /** Where it stands, as `file:line`. */
  readonly at: string;
  readonly code: string;
  /** The spec that executes it; undefined: `npm run test:commands` does. */
  readonly executedBy: string | undefined;
  /** Why nothing executes it. */
  readonly notExecuted: string | undefined;
}

const FENCE = /^( *)```(.*)\n([^]*?)^\1```$/gm;
const MARK = /<!-- (executed by|not executed:) ([^>]*?) -->\s*$/;

/** README, CONTRIBUTING, the guides, and the READMEs of the workspaces. */
export function documentsWithCommands(): string[] {
  const { workspaces } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    workspaces: string[];
  };
  const guides = readdirSync(join(projectRoot, 'docs', 'guides'), { recursive: true, encoding: 'utf8' }).map(
    (name) => `docs/guides/${name}`,
  );
  const readmes = workspaces.map((folder) => join(folder, 'README.md'));
  return ['README.md', 'CONTRIBUTING.md', ...guides, ...readmes].filter((file) => file.endsWith('.md'));
}

export function readDocument(file: string): string {
  return readFileSync(join(projectRoot, file), 'utf8');
}

/** The blocks of a document, with the mark directly above each, or else the one directly below the document's title. */
export function commandBlocks(file: string, text = readDocument(file)): CommandBlock[] {
  const [title = ''] = text.split(/\n\n(?!<!--)/);
  const ofDocument = MARK.exec(title);
  return [...text.matchAll(FENCE)].flatMap((fence) => {
    const [, indent = '', language = '', body = ''] = fence;
    if (language !== 'sh') return [];
    const before = text.slice(0, fence.index);
    const [, kind, words] = MARK.exec(before) ?? ofDocument ?? [];
    return {
      at: `${file}:${before.split('\n').length}`,
      code: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      executedBy: kind === 'executed by' ? words : undefined,
      notExecuted: kind === 'not executed:' ? words : undefined,
    };
  });
}
