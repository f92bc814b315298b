import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LaunchError } from './launch-error';
import { Supervisor } from './supervisor';

describe('what the launcher supervises', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-test-'));
  const { execPath } = process;
  afterAll(() => {
    process.execPath = execPath;
    rmSync(folder, { recursive: true });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  });

  it('halts everything, and can be stopped, when a program cannot even be started', async () => {
    const supervisor = new Supervisor();
    process.execPath = join(folder, 'nowhere');
    const logFile = join(folder, 'gateway.log');
    const program = { name: 'gateway', command: [], environment: {}, logFile, graceMs: 1_000 };
    const forever = (): Promise<never> => new Promise(() => undefined);
    await expect(supervisor.run(program, forever)).rejects.toThrow(
      /^The gateway could not be started: .*ENOENT/,
    );
    expect(await supervisor.halted).toBeInstanceOf(LaunchError);
    await supervisor.stopAll();
  });
});
