import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { newestTag } from '../../launch/released-migrations';

/** The last commit before migrations became a step; from the first release on, the newest one is the build before. */
const BEFORE_RELEASES = '6ab1aa997f5524ef8750af7805cfabb388146f35';

/** The build that this one follows. */
export interface PreviousBuild {
  /** Its `dist/`. */
  readonly program: string;
  remove(): void;
}

/** The commit of the build before; undefined in a clone that does not reach so far back. */
export function previousCommit(): string | undefined {
  const commit = newestTag() ?? BEFORE_RELEASES;
  try {
    execFileSync('git', ['cat-file', '-e', `${commit}^{commit}`], { stdio: 'ignore' });
    return commit;
  } catch {
    return undefined;
  }
}

/** Compiles a commit in a folder of its own; with the packages that are here when it has the same ones. */
export function buildOf(commit: string): PreviousBuild {
  const folder = mkdtempSync(join(tmpdir(), 'kyc-previous-'));
  const run = (command: string, ...args: string[]): void =>
    void execFileSync(command, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const archive = execFileSync('git', ['archive', commit], { maxBuffer: 1 << 28 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  const lock = (of: string): string => readFileSync(join(of, 'package-lock.json'), 'utf8');
  if (lock(folder) === lock('.')) symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  else run('npm', 'ci', '--prefer-offline', '--no-audit', '--no-fund');
  run(process.execPath, join('node_modules', '@nestjs', 'cli', 'bin', 'nest.js'), 'build');
  return { program: join(folder, 'dist'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
