import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

/** Where the Dockerfile keeps the program; a stage's folder stands for it. */
const WORKDIR = '/app';

interface Instruction {
  readonly name: string;
  readonly words: string;
}

interface Stage {
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile, by name. */
function stagesOf(file: string): ReadonlyMap<string, Stage> {
  const lines = readFileSync(file, 'utf8')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages = new Map<string, { base: string; instructions: Instruction[] }>();
  let current: { base: string; instructions: Instruction[] } | undefined;
  for (const line of lines) {
    const [, name = '', words = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    const [, base, stage] = /^(\S+) AS (\S+)$/.exec(name === 'FROM' ? words : '') ?? [];
    if (base !== undefined && stage !== undefined) stages.set(stage, (current = { base, instructions: [] }));
    else current?.instructions.push({ name, words });
  }
  return stages;
}

/** Makes what a stage's COPY and RUN lines make, without an engine: `folder/<stage>` is what the image has in its working folder. */
export class StageBuilder {
  readonly #made = new Set<string>();
  readonly #stages: ReadonlyMap<string, Stage>;
  readonly #isIgnored: (path: string) => boolean;

  constructor(
    private readonly context: string,
    private readonly folder: string,
  ) {
    this.#stages = stagesOf(join(context, 'Dockerfile'));
    this.#isIgnored = ignoredBy(join(context, '.dockerignore'));
  }

  stage(name: string): Stage {
    const stage = this.#stages.get(name);
    if (stage === undefined) throw new Error(`the Dockerfile has no stage ${name}`);
    return stage;
  }

  build(name: string): string {
    const { base, instructions } = this.stage(name);
    const place = join(this.folder, name);
    if (this.#made.has(name)) return place;
    if (this.#stages.has(base)) execFileSync('cp', ['-al', this.build(base), place]);
    else mkdirSync(place);
    for (const { name: instruction, words } of instructions)
      if (instruction === 'COPY') this.#copy(words, place);
      else if (instruction === 'RUN')
        execFileSync('bash', ['-c', words], { cwd: place, stdio: ['ignore', 'ignore', 'inherit'] });
    this.#made.add(name);
    return place;
  }

  #copy(words: string, place: string): void {
    const [, from, paths = ''] = /^(?:--from=(\S+) )?(.*)$/.exec(words) ?? [];
    const names = paths.split(/\s+/);
    const target = join(place, names.pop() ?? '');
    const source = from === undefined ? this.context : this.build(from);
    for (const name of names) {
      const path = from === undefined ? join(source, name) : join(source, relative(WORKDIR, name));
      const seen = (one: string): boolean => from !== undefined || !this.#isIgnored(relative(source, one));
      const found = globSync(path).filter(seen);
      if (found.length === 0) throw new Error(`COPY ${words}: there is no ${name}`);
      for (const one of found) {
        const to = statSync(one).isDirectory() || !words.endsWith('/') ? target : join(target, basename(one));
        mkdirSync(dirname(to), { recursive: true });
        cpSync(one, to, { recursive: true, verbatimSymlinks: true, filter: seen });
      }
    }
  }
}

/** The last pattern of `.dockerignore` that names a path, or a folder above it, decides. */
function ignoredBy(file: string): (path: string) => boolean {
  const rules = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({
      matches: new RegExp(`^${line.replace('!', '').replaceAll('.', '\\.').replaceAll('*', '[^/]*')}(/|$)`),
      isIgnored: !line.startsWith('!'),
    }));
  return (path) => path !== '' && (rules.findLast(({ matches }) => matches.test(path))?.isIgnored ?? false);
}

/** Links that lead nowhere. */
export function brokenLinks(folder: string): string[] {
  const links = execFileSync('find', [folder, '-type', 'l'], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return links.split('\n').filter((link) => link !== '' && !existsSync(link));
}
