import fc from 'fast-check';
import { judge, RETRY_SECONDS } from './delivery-schedule';

const statuses = fc.option(fc.integer({ min: 100, max: 599 }), { nil: null });
const tries = fc.nat(20);

describe('what an answer makes of an event', () => {
  it('is as the contract says', () => {
    expect(RETRY_SECONDS).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
    expect(RETRY_SECONDS.map((_, failed) => judge(500, failed).waitSeconds)).toEqual(RETRY_SECONDS);
    expect(judge(500, RETRY_SECONDS.length)).toEqual({ status: 'failed', waitSeconds: 0 });
  });

  it('is delivered for 2xx alone, and the end of everything for 410 alone', () => {
    fc.assert(
      fc.property(statuses, tries, (status, failed) => {
        const { status: result } = judge(status, failed);
        expect(result === 'delivered').toBe(status !== null && status >= 200 && status <= 299);
        expect(result === 'stopped').toBe(status === 410);
        if (result !== 'delivered' && result !== 'stopped')
          expect(result).toBe(failed < RETRY_SECONDS.length ? 'pending' : 'failed');
      }),
    );
  });
});
