import type { TLSSocket } from 'node:tls';
import { HealthChecks } from '../health';
import { createLog } from '../logging';
import { Metrics } from '../metrics';
import { type PartnerWatch, PartnerWatches } from './partner-watch';

function observed() {
  const lines: string[] = [];
  const [metrics, checks] = [new Metrics(), new HealthChecks()];
  const log = createLog('debug', { write: (line) => void lines.push(line) });
  const watches = new PartnerWatches(metrics, log, checks);
  const watch = (): PartnerWatch => watches.watch({ partner: 'GTF COE', check: 'gtf-coe' });
  const readiness = async (): Promise<unknown> => (await checks.report()).checks['gtf-coe'];
  return { lines, metrics, watch, readiness };
}

const REFUSED = { cause: 'ECONNREFUSED', host: 'gtf.example:443' };

describe('a partner', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] }));
  afterEach(() => jest.useRealTimers());

  it('that gave no answer is degraded until it answers, and its cause is in the log', async () => {
    const { lines, watch, readiness } = observed();
    const gtf = watch();
    expect(await readiness()).toBe('ok');
    gtf.unanswered('create', REFUSED, performance.now());
    expect(await readiness()).toBe('degraded');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', partner: 'GTF COE', ...REFUSED });
    gtf.answered('create', 'gtf.example', 404, performance.now());
    expect(await readiness()).toBe('ok');
  });

  it('that answers with a 5xx is degraded, and the status is in the log', async () => {
    const { lines, watch, readiness } = observed();
    watch().answered('create', 'gtf.example', 503, performance.now());
    expect(await readiness()).toBe('degraded');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', operation: 'create', status: 503 });
  });

  it('that was never called again is not failing for ever', async () => {
    const { watch, readiness } = observed();
    watch().unanswered('create', REFUSED, performance.now());
    jest.advanceTimersByTime(300_001);
    expect(await readiness()).toBe('ok');
  });

  it('with several clients is as well as the worst of them', async () => {
    const { watch, readiness, metrics } = observed();
    const [token, api] = [watch(), watch()];
    api.answered('details', 'gtf.example', 200, performance.now());
    token.unanswered('token', REFUSED, performance.now());
    token.opened();
    expect(await readiness()).toBe('degraded');
    expect(await metrics.text()).toContain('partner_breaker_open{partner="GTF COE"} 1');
  });

  it('is one alarm for as long as it is away, however often its breaker opens', () => {
    const { lines, watch } = observed();
    const gtf = watch();
    const alarms = (): number => lines.filter((line) => line.includes('"alarm":"partner_away"')).length;
    gtf.opened();
    gtf.opened();
    expect(alarms()).toBe(1);
    gtf.closed();
    gtf.opened();
    expect(alarms()).toBe(2);
  });

  it('tells with its certificate when that ends; without one it tells nothing', async () => {
    const { watch, metrics } = observed();
    const showing = (certificate: object): TLSSocket =>
      ({ getPeerCertificate: () => certificate }) as unknown as TLSSocket;
    const gtf = watch();
    gtf.secured(showing({}));
    expect(await metrics.text()).not.toContain('expiry_timestamp_seconds{');
    gtf.secured(showing({ valid_to: 'Dec  1 00:00:00 2026 GMT' }));
    const end = Date.UTC(2026, 11, 1) / 1000;
    expect(await metrics.text()).toContain(
      `partner_certificate_expiry_timestamp_seconds{partner="GTF COE"} ${end}`,
    );
  });
});
