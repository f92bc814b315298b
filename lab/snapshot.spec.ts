import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Snapshot } from './snapshot';

describe('a partner that remembers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('finds after a restart what it was told before', async () => {
    const file = join(folder, 'deep', 'kyc.json');
    const first = new Snapshot(file, { names: ['John'] });
    first.value.names.push('Doe');
    first.touch();
    await first.flush();
    expect(new Snapshot(file, { names: [] as string[] }).value).toEqual({ names: ['John', 'Doe'] });
  });

  it('writes the newest value when it is flushed twice at once', async () => {
    const file = join(folder, 'twice.json');
    const snapshot = new Snapshot(file, { count: 0 });
    const first = snapshot.flush();
    snapshot.value.count = 2;
    await Promise.all([first, snapshot.flush()]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ count: 2 });
  });

  it('lives in memory alone when it has no file', async () => {
    const snapshot = new Snapshot(undefined, { count: 0 });
    snapshot.value.count = 1;
    snapshot.touch();
    await snapshot.flush();
    expect(snapshot.value.count).toBe(1);
  });
});
