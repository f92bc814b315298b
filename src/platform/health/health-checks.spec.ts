import { HealthChecks } from './health-checks';

describe('the readiness of the gateway', () => {
  it('is found out once a second, however many ask', async () => {
    jest.useFakeTimers();
    const checks = new HealthChecks();
    const check = jest.fn(() => 'ok' as const);
    checks.register('database', check);
    await Promise.all(Array.from({ length: 1_000 }, () => checks.recent()));
    await checks.recent();
    expect(check).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(1_001);
    expect(await checks.recent()).toEqual({ status: 'ok', checks: { database: 'ok' } });
    expect(check).toHaveBeenCalledTimes(2);
    jest.useRealTimers();
  });

  it('is over at once when the process is told to stop, whatever was found out before', async () => {
    const checks = new HealthChecks();
    checks.register('database', () => 'ok');
    await checks.recent();
    checks.stop();
    expect(await checks.recent()).toEqual({ status: 'stopping', checks: {} });
  });
});
