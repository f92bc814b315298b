import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The repository's files at these paths. */
export function tracked(...paths) {
  const list = execFileSync('git', ['ls-files', '-z', '--', ...paths], { cwd: root, encoding: 'utf8' });
  return list.split('\0').filter(Boolean);
}

export function linesOf(file) {
  return readFileSync(join(root, file), 'utf8').split('\n');
}

/** Prints what is wrong with each line of the files, in words that follow its place; the exit code says whether anything is. */
export function reportLines(files, problemsOf) {
  const problems = files.flatMap((file) =>
    linesOf(file).flatMap((line, index) =>
      problemsOf(line, file).map((problem) => `${file}:${index + 1} ${problem}`),
    ),
  );
  for (const problem of problems) console.error(problem);
  if (problems.length === 0) console.log(`nothing is wrong in ${files.length} files`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
