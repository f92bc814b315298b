import { setImmediate } from 'node:timers/promises';
import { TurnBatch } from './turn-batch';

describe('work of requests that arrive together', () => {
  it('is done in a row, in the order it came, before anything that waits for it goes on', async () => {
    const done: string[] = [];
    const batch = new TurnBatch();
    const bring = (name: string): Promise<void> =>
      new Promise<void>((resolve) =>
        batch.add(() => {
          done.push(name);
          resolve();
        }),
      ).then(() => void done.push(`after ${name}`));
    await Promise.all([bring('first'), bring('second')]);
    expect(done).toEqual(['first', 'second', 'after first', 'after second']);
  });

  it('brought along by such work is done in the next turn', async () => {
    const done: string[] = [];
    const batch = new TurnBatch();
    batch.add(() => batch.add(() => done.push('second')));
    batch.add(() => done.push('first'));
    while (done.length < 2) await setImmediate();
    expect(done).toEqual(['first', 'second']);
  });
});
