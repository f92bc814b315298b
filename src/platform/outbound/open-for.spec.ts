import { BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { OpenFor } from './open-for';

const DAY_MS = 86_400_000;

describe('a partner whose breaker is open', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it.each([
    ['stays as it is', 0],
    ['is set a day ahead', DAY_MS],
    ['is set back by a day', -DAY_MS],
  ])('is asked again after ten seconds when the clock %s meanwhile', async (_, jumpMs) => {
    const breaker = circuitBreaker(handleAll, {
      halfOpenAfter: new OpenFor(10_000),
      breaker: new ConsecutiveBreaker(1),
    });
    await expect(breaker.execute(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
    jest.setSystemTime(Date.now() + jumpMs);
    jest.advanceTimersByTime(9_999);
    await expect(breaker.execute(() => 'here')).rejects.toThrow(BrokenCircuitError);
    jest.advanceTimersByTime(1);
    await expect(breaker.execute(() => 'here')).resolves.toBe('here');
  });
});
