import { type FetchedJob, type JobSource, JobWorker } from './job-worker';

/** A queue in memory. */
class MemorySource implements JobSource<number> {
  readonly concurrency = 3;
  readonly expireInSeconds = 60;
  waiting: FetchedJob<number>[] = [];
  readonly completed: string[] = [];
  readonly failed: string[] = [];
  readonly asked: number[] = [];
  completions = 0;
  broken = false;
  handling = 0;
  most = 0;
  troubles = 0;
  work: (data: number) => Promise<'done' | Error> = () => Promise.resolve('done');

  put(count: number): void {
    for (let job = 0; job < count; job += 1) this.waiting.push({ id: `job-${job}`, data: job });
  }

  fetch(count: number): Promise<readonly FetchedJob<number>[]> {
    this.asked.push(count);
    if (this.broken) return Promise.reject(new Error('away'));
    return Promise.resolve(this.waiting.splice(0, count));
  }

  async handle(data: number): Promise<'done' | Error> {
    this.handling += 1;
    this.most = Math.max(this.most, this.handling);
    const result = await this.work(data);
    this.handling -= 1;
    return result;
  }

  complete(ids: readonly string[]): Promise<void> {
    this.completions += 1;
    if (this.broken) return Promise.reject(new Error('away'));
    this.completed.push(...ids);
    return Promise.resolve();
  }

  fail(id: string): Promise<void> {
    this.failed.push(id);
    return Promise.resolve();
  }

  away(): void {
    this.troubles += 1;
  }
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};

describe('A worker', () => {
  let source: MemorySource;
  let worker: JobWorker<number>;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    source = new MemorySource();
    worker = new JobWorker(source);
  });
  afterEach(async () => {
    const stopping = worker.stop(10);
    await jest.advanceTimersByTimeAsync(5_000);
    await stopping;
    jest.useRealTimers();
  });

  it('does as many jobs at once as it has hands, and everything in the end', async () => {
    source.work = () => new Promise((resolve) => setTimeout(() => resolve('done'), 100));
    source.put(10);
    worker.start();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(source.most).toBe(3);
    expect(source.completed).toHaveLength(10);
  });

  it('notes jobs that finish together as completed together', async () => {
    source.put(3);
    worker.start();
    await turns();
    expect(source.completed).toHaveLength(3);
    expect(source.completions).toBeLessThan(3);
  });

  it('asks once when it is woken, and every two seconds otherwise', async () => {
    worker.start();
    await turns();
    expect(source.asked).toEqual([3]);
    worker.wake();
    await turns();
    expect(source.asked).toEqual([3, 3]);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(source.asked).toEqual([3, 3, 3]);
  });

  it('goes on when the queue was away', async () => {
    source.broken = true;
    worker.start();
    await turns();
    expect(source.troubles).toBe(1);
    source.broken = false;
    source.put(1);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(source.completed).toEqual(['job-0']);
  });

  it('hands a job back that failed or takes too long, and is free for the next', async () => {
    source.work = (data) =>
      data === 0
        ? Promise.resolve(new Error('x'))
        : data === 1
          ? new Promise(() => {})
          : Promise.resolve('done');
    source.put(3);
    worker.start();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(source.failed).toEqual(['job-0', 'job-1']);
    expect(source.completed).toEqual(['job-2']);
  });

  it('begins nothing after it was stopped, and waits for what runs', async () => {
    let finish: () => void = () => {};
    source.work = () => new Promise((resolve) => (finish = () => resolve('done')));
    source.put(1);
    worker.start();
    await turns();
    let stopped = false;
    const stopping = worker.stop(5_000).then(() => (stopped = true));
    source.put(1);
    worker.wake();
    await turns();
    expect([stopped, source.waiting.length]).toEqual([false, 1]);
    finish();
    await stopping;
    expect(source.completed).toEqual(['job-0']);
  });
});
