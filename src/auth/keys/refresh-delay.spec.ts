import fc from 'fast-check';
import { refreshDelayMs } from './refresh-delay';

const random = fc.double({ min: 0, max: 1, noNaN: true });

describe('the time until the next refresh', () => {
  it('lies a little ahead of the age, whatever the chance', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 86_400_000 }), random, (interval, chance) => {
        const delay = refreshDelayMs(interval, 0, chance);
        expect(delay).toBeGreaterThanOrEqual(interval * 0.75 - 1);
        expect(delay).toBeLessThanOrEqual(interval * 0.85 + 1);
      }),
    );
  });

  it('is short after a failure, and never so long that an outage outlasts its end by more than 30 s', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), random, (failures, chance) => {
        const delay = refreshDelayMs(600_000, failures, chance);
        expect(delay).toBeGreaterThanOrEqual(750);
        expect(delay).toBeLessThanOrEqual(30_000);
      }),
    );
    expect([1, 2, 3, 4, 5, 6, 7].map((failures) => refreshDelayMs(600_000, failures, 0))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
  });
});
