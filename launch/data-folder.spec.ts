import { spawnSync } from 'node:child_process';

describe('The data folder', () => {
  // In a process of its own: `mkdir -p` of Node.js itself never returns there.
  it('is refused where the system forbids new folders', () => {
    const open = "require('./launch/data-folder.ts').openDataFolder('/proc/nowhere/data')";
    const { stderr } = spawnSync(process.execPath, ['--import', 'tsx', '-e', open], {
      encoding: 'utf8',
      timeout: 30_000,
      env: { PATH: process.env['PATH'] },
    });
    expect(stderr).toContain('Cannot write to /proc/nowhere/data');
  });
});
