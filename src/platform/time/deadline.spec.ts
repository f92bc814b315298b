import { Resolver } from 'node:dns';
import { Deadline } from './deadline';

describe('A deadline', () => {
  it.each([4_999.3, 0.2, 1_000 / 3])('set %d ms ahead is told in whole milliseconds', (milliseconds) => {
    const left = Deadline.after(milliseconds).remaining();
    expect(Number.isInteger(left)).toBe(true);
    expect(left).toBeLessThanOrEqual(Math.ceil(milliseconds));
    // A resolver throws for anything else.
    expect(() => new Resolver({ timeout: left })).not.toThrow();
  });

  it('that has passed leaves nothing', () => {
    expect(Deadline.after(-0.5).remaining()).toBe(0);
  });
});
