import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STATUSES } from '../delivery/delivery-policy';
import { table } from './operators-guide.fixture';
import { OUTCOMES } from './otp-provider';
import { PROVIDERS } from './registry';

function firstCells(heading: string): (string | undefined)[] {
  return table(heading).map(([cell]) => cell);
}

/** Everything that the module's own sources say in this way. */
function inSources(pattern: RegExp): string[] {
  const root = join('src', 'otp-webhook');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'),
  );
  return files.flatMap((name) =>
    [...readFileSync(join(root, name), 'utf8').matchAll(pattern)].map(([, found]) => found ?? ''),
  );
}

describe('The guide "A code did not arrive"', () => {
  it('explains every status and every outcome, and no others', () => {
    expect(firstCells('## 2. Read its status')).toEqual([...STATUSES]);
    expect(firstCells('## 3. Read its attempts')).toEqual(['(none)', ...OUTCOMES]);
  });

  it.each(PROVIDERS.flatMap(({ name, codes }) => (codes === undefined ? [] : [{ name, ...codes }])))(
    'lists every code of $name that we know, with what it does',
    ({ heading, outcomes }) => {
      const listed = table(heading).map(([code, outcome]) => [code, outcome]);
      expect(listed).toEqual(Object.entries(outcomes));
    },
  );

  it('knows every error code of our own, every metric and every alarm', () => {
    const ownWords = inSources(/errorCode: '([a-z_]+)'/g);
    expect(ownWords).toContain('worker_lost');
    expect(firstCells("### The gateway's own words")).toEqual(expect.arrayContaining(ownWords));
    const metrics = inSources(/name: '(otp_\w+)'/g);
    expect(firstCells('## 5. Metrics and alarms')).toEqual(metrics);
    const alarms = inSources(/\.alarm\('(\w+)'/g);
    expect(firstCells('Log lines with `alarm` want somebody at once:').toSorted()).toEqual(alarms.toSorted());
  });
});
