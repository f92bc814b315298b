import { loadSettings } from './load-settings';
import { metricsPort, platformSettings } from './platform.settings';

const BASE = { DATABASE_URL: 'postgres://gateway@127.0.0.1/gateway', PUBLIC_URL: 'https://kyc.example' };

function portOf(environment: Record<string, string>): number | undefined {
  const registry = loadSettings([platformSettings], [], { ...BASE, ...environment });
  return metricsPort(registry.of(platformSettings));
}

describe('the port of the metrics', () => {
  it('is the API’s on a laptop, and never in production', () => {
    expect(portOf({})).toBeUndefined();
    expect(portOf({ NODE_ENV: 'production' })).toBe(9464);
  });

  it('is what the operator says, or none', () => {
    expect(portOf({ METRICS_PORT: '9100' })).toBe(9100);
    expect(portOf({ METRICS_PORT: '0', NODE_ENV: 'production' })).toBe(0);
  });
});
