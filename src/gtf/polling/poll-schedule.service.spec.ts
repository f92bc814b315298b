import fc from 'fast-check';
import { pollAfterSeconds } from './poll-schedule.service';

const DEFAULT = [30, 60, 120, 300, 600];
const DAY = 86_400;

function round(schedule: readonly number[], deadline: number): number[] {
  const polls: number[] = [];
  for (let poll = 0; ; poll += 1) {
    const after = pollAfterSeconds(poll, schedule, deadline);
    if (after === null) return polls;
    polls.push(after);
  }
}

describe('asking GTF by schedule', () => {
  it('follows the schedule, then repeats its last step until the deadline', () => {
    const polls = round(DEFAULT, DAY);
    expect(polls.slice(0, 8)).toEqual([30, 60, 120, 300, 600, 1_200, 1_800, 2_400]);
    expect(polls.at(-1)).toBe(DAY);
  });

  it('never leaves out the poll at ten minutes', () => {
    expect(round([60, 3_600], DAY).slice(0, 4)).toEqual([60, 600, 3_600, 7_200]);
  });

  it('asks a last time at the deadline, however short', () => {
    expect(round(DEFAULT, 45)).toEqual([30, 45]);
    expect(round([1], 3)).toEqual([1, 2, 3]);
    expect(round([100], 5)).toEqual([5]);
  });

  it('ends, goes forward, and asks within ten minutes unless the deadline comes first', () => {
    const schedules = fc
      .uniqueArray(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 8 })
      .map((steps) => steps.sort((a, b) => a - b));
    fc.assert(
      fc.property(schedules, fc.integer({ min: 1, max: 20_000 }), (schedule, deadline) => {
        const polls = round(schedule, deadline);
        expect(polls.at(-1)).toBe(deadline);
        expect(polls.every((after, poll) => after > (polls[poll - 1] ?? 0))).toBe(true);
        expect(polls[0]).toBeLessThanOrEqual(Math.min(600, deadline, schedule[0] ?? 0));
        if (deadline >= 1_200) expect(polls.some((after) => after >= 600 && after <= 1_199)).toBe(true);
      }),
    );
  });
});
