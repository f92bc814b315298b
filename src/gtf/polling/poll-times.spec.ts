import fc from 'fast-check';
import { lookAfterSeconds } from './poll-times';

const DEFAULT = [30, 60, 120, 300, 600];
const DAY = 86_400;

function round(schedule: readonly number[], deadline: number): number[] {
  const looks: number[] = [];
  for (let look = 0; ; look += 1) {
    const after = lookAfterSeconds(look, schedule, deadline);
    if (after === null) return looks;
    looks.push(after);
  }
}

describe('looking at a submission by schedule', () => {
  it('follows the schedule, then repeats its last step until the deadline', () => {
    const looks = round(DEFAULT, DAY);
    expect(looks.slice(0, 8)).toEqual([30, 60, 120, 300, 600, 1_200, 1_800, 2_400]);
    expect(looks.at(-1)).toBe(DAY);
  });

  it('never leaves out the look at ten minutes', () => {
    expect(round([60, 3_600], DAY).slice(0, 4)).toEqual([60, 600, 3_600, 7_200]);
  });

  it('looks a last time at the deadline, however short', () => {
    expect(round(DEFAULT, 45)).toEqual([30, 45]);
    expect(round([1], 3)).toEqual([1, 2, 3]);
    expect(round([100], 5)).toEqual([5]);
  });

  it('ends, goes forward, and looks within ten minutes unless the deadline comes first', () => {
    const schedules = fc
      .uniqueArray(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 8 })
      .map((steps) => steps.sort((a, b) => a - b));
    fc.assert(
      fc.property(schedules, fc.integer({ min: 1, max: 20_000 }), (schedule, deadline) => {
        const looks = round(schedule, deadline);
        expect(looks.at(-1)).toBe(deadline);
        expect(looks.every((after, look) => after > (looks[look - 1] ?? 0))).toBe(true);
        expect(looks[0]).toBeLessThanOrEqual(Math.min(600, deadline, schedule[0] ?? 0));
        if (deadline >= 1_200) expect(looks.some((after) => after >= 600 && after <= 1_199)).toBe(true);
      }),
    );
  });
});
