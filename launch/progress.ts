const nameWidth = 12;
const dotEveryMs = 1_000;

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/** Runs one step of the start and tells the terminal about it in one line, with a dot a second while it lasts. */
export async function step<Result>(
  name: string,
  work: () => Promise<Result>,
  describe: (result: Result) => string,
): Promise<Result> {
  const startedAt = performance.now();
  process.stdout.write(`  ${name.padEnd(nameWidth)}`);
  const dots = setInterval(() => process.stdout.write('.'), dotEveryMs);
  try {
    const result = await work();
    process.stdout.write(`${describe(result)} (${seconds(startedAt)})\n`);
    return result;
  } catch (error) {
    process.stdout.write('failed\n');
    throw error;
  } finally {
    clearInterval(dots);
  }
}
