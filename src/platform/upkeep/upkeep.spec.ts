import type { PlatformSettings } from '../config';
import { createLog } from '../logging';
import { type Chore, Upkeep } from './upkeep';

type Role = PlatformSettings['values']['ROLE'];

describe('upkeep', () => {
  const logLines: string[] = [];
  let upkeep: Upkeep;

  function start(role: Role, chore: Chore): void {
    logLines.length = 0;
    const log = createLog('debug', { write: (line) => void logLines.push(line) });
    upkeep = new Upkeep(log, { values: { ROLE: role } } as PlatformSettings);
    upkeep.add(chore);
    upkeep.onApplicationBootstrap();
  }

  beforeEach(() => void jest.useFakeTimers());
  afterEach(async () => {
    await upkeep.beforeApplicationShutdown();
    jest.useRealTimers();
  });

  it.each([
    ['all', 3],
    ['worker', 3],
    ['api', 0],
  ] as const)('in a process with the role %s is done %i times in three periods', async (role, times) => {
    const run = jest.fn(() => Promise.resolve());
    start(role, { name: 'tidying', everyMs: 1_000, run });
    await jest.advanceTimersByTimeAsync(3_500);
    expect(run).toHaveBeenCalledTimes(times);
  });

  it('does nothing twice at once', async () => {
    const run = jest.fn(() => new Promise((resolve) => setTimeout(resolve, 2_500)));
    start('all', { name: 'tidying', everyMs: 1_000, run });
    await jest.advanceTimersByTimeAsync(3_500);
    expect(run).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(2_500);
    expect(run).toHaveBeenCalledTimes(2);
    const stopped = upkeep.beforeApplicationShutdown();
    await jest.advanceTimersByTimeAsync(2_500);
    await stopped;
  });

  it('that failed is in the log and comes again, unless the database was away, which says so elsewhere', async () => {
    const away = Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
    const run = jest.fn(() => Promise.resolve());
    run.mockRejectedValueOnce(new Error('broken')).mockRejectedValueOnce(away);
    start('all', { name: 'tidying', everyMs: 1_000, run });
    await jest.advanceTimersByTimeAsync(3_500);
    expect(run).toHaveBeenCalledTimes(3);
    expect(logLines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ level: 'error', msg: 'upkeep failed', chore: 'tidying' }),
    ]);
  });

  it('is waited for when the process stops', async () => {
    let done = false;
    const run = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      done = true;
    };
    start('all', { name: 'tidying', everyMs: 1_000, run });
    await jest.advanceTimersByTimeAsync(1_000);
    const stopped = upkeep.beforeApplicationShutdown().then(() => done);
    await jest.advanceTimersByTimeAsync(500);
    expect(await stopped).toBe(true);
  });
});
