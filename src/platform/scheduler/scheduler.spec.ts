import type { PlatformSettings } from '../config';
import { createLog } from '../logging';
import { type ScheduledTask, Scheduler } from './scheduler';

type Role = PlatformSettings['values']['ROLE'];

describe('the scheduler', () => {
  const logLines: string[] = [];
  let scheduler: Scheduler;

  function start(role: Role, task: ScheduledTask): void {
    logLines.length = 0;
    const log = createLog('debug', { write: (line) => void logLines.push(line) });
    scheduler = new Scheduler(log, { values: { ROLE: role } } as PlatformSettings);
    scheduler.add(task);
    scheduler.onApplicationBootstrap();
  }

  beforeEach(() => void jest.useFakeTimers());
  afterEach(async () => {
    await scheduler.beforeApplicationShutdown();
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
    const stopped = scheduler.beforeApplicationShutdown();
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
      expect.objectContaining({ level: 'error', msg: 'scheduled task failed', task: 'tidying' }),
    ]);
  });

  it('that is cut off at its time limit in every round is in the log', async () => {
    const cancelled = Object.assign(new Error('canceling statement'), { code: '57014' });
    start('all', { name: 'tidying', everyMs: 1_000, run: () => Promise.reject(cancelled) });
    await jest.advanceTimersByTimeAsync(1_500);
    expect(logLines).toHaveLength(1);
  });

  it('is waited for when the process stops', async () => {
    let done = false;
    const run = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      done = true;
    };
    start('all', { name: 'tidying', everyMs: 1_000, run });
    await jest.advanceTimersByTimeAsync(1_000);
    const stopped = scheduler.beforeApplicationShutdown().then(() => done);
    await jest.advanceTimersByTimeAsync(500);
    expect(await stopped).toBe(true);
  });
});
