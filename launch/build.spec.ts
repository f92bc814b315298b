import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildWhenStale } from './build';

const mockRoot = mkdtempSync(join(tmpdir(), 'kyc-gateway-test-'));
jest.mock('./data-folder', () => ({
  get projectRoot() {
    return mockRoot;
  },
}));
afterAll(() => rmSync(mockRoot, { recursive: true }));

describe('the program', () => {
  it('is compiled once, also where a build that was broken off left its folder behind', async () => {
    for (const folder of ['src', 'dist']) mkdirSync(join(mockRoot, folder));
    copyFileSync(resolve('.swcrc'), join(mockRoot, '.swcrc'));
    writeFileSync(join(mockRoot, 'src', 'main.ts'), 'export const answer: number = 42;\n');
    writeFileSync(join(mockRoot, 'dist', 'leftover.js'), '');
    // What is written within the millisecond in which a build begins counts as newer than it.
    const before = new Date(Date.now() - 1_000);
    for (const input of ['.swcrc', 'src/main.ts', 'src']) utimesSync(join(mockRoot, input), before, before);
    expect([await buildWhenStale(), await buildWhenStale()]).toEqual([true, false]);
    expect(['main.js', 'leftover.js'].map((file) => existsSync(join(mockRoot, 'dist', file)))).toEqual([
      true,
      false,
    ]);
  });
});
