import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startTestGateway } from '../support/test-gateway';

/** Debian's `prometheus` has promtool: installed where that is possible, and said where it is not. */
function promtoolIsThere(): boolean {
  const isThere = (): boolean => spawnSync('promtool', ['--version']).status === 0;
  if (!isThere() && process.getuid?.() === 0) {
    const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'prometheus'], options);
    // Only the tool is wanted: the package may have started its server.
    spawnSync('service', ['prometheus', 'stop']);
  }
  return isThere();
}

const RULES = resolve('deploy/prometheus/alerts.yml');
const ifThere = promtoolIsThere() ? it : it.skip;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kyc-rules-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const promtool = (args: readonly string[], input = ''): string =>
  execFileSync('promtool', args, { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'inherit'] });

/** Half an hour of a series, a sample a minute, as promtool writes it. */
const series = (name: string, values: string): string =>
  `      - series: '${name}'\n        values: '${values}'`;
const fires = (alert: string, minute: number, labels: Readonly<Record<string, string>>): string => {
  const own = Object.entries(labels).map(([name, value]) => `            ${name}: ${value}`);
  return `      - eval_time: ${minute}m\n        alertname: ${alert}\n        exp_alerts:\n        - exp_labels:\n${own.join('\n')}`;
};
const silent = (alert: string, minute: number): string =>
  `      - eval_time: ${minute}m\n        alertname: ${alert}`;

/** Without the annotations, which promtool would compare as well. */
const rulesAlone = (): string =>
  readFileSync(RULES, 'utf8').replaceAll(/^ {8}annotations:\n(?: {10}.*\n)+/gm, '');

/** What happened in the last minutes, and what Prometheus makes of it. */
const STORIES = `rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
${[
  series('kyc_gateway_alarms_total{alarm="gtf_credentials_refused"}', '0x10 1x30'),
  series('kyc_gateway_alarms_total{alarm="submission_stale"}', '0x40'),
  series('partner_breaker_open{partner="common-kyc"}', '0x5 1x10 0x20'),
  series('jwt_validation_total{result="accepted"}', '0+60x10 600x30'),
  series('jwt_validation_total{result="refused"}', '0+6x10 60+60x30'),
  series('gtf_results_recorded_total{source="poll",status="verified"}', '0+1x100'),
  series('gtf_callbacks_total{result="stored"}', '0x100'),
  series('health_check_state{check="database",instance="a"}', '0x20 2x20'),
  series('kyc_gateway_build_info{version="0.1.0"}', '1x30 stale _x30'),
  series('partner_certificate_expiry_timestamp_seconds{partner="GTF COE"}', '604800x100'),
].join('\n')}
    alert_rule_test:
${[
  silent('GtfCredentialsRefused', 9),
  fires('GtfCredentialsRefused', 12, { severity: 'critical', alarm: 'gtf_credentials_refused' }),
  silent('GtfCredentialsRefused', 40),
  silent('SubmissionStale', 30),
  silent('PartnerAway', 6),
  fires('PartnerAway', 10, { severity: 'critical', alarm: 'partner_away', partner: 'common-kyc' }),
  silent('PartnerAway', 20),
  silent('EverybodyRefused', 10),
  fires('EverybodyRefused', 25, { severity: 'critical', alarm: 'everybody_refused' }),
  fires('GtfCallbacksStopped', 90, { severity: 'warning', alarm: 'gtf_callbacks_stopped' }),
  silent('DatabaseAway', 20),
  fires('DatabaseAway', 25, { severity: 'critical', alarm: 'database_away', instance: 'a' }),
  silent('GatewayDown', 29),
  fires('GatewayDown', 40, { severity: 'critical', alarm: 'gateway_down' }),
  fires('CertificateExpiring', 15, {
    severity: 'warning',
    alarm: 'certificate_expiring',
    partner: 'GTF COE',
  }),
].join('\n')}
`;

describe('Prometheus', () => {
  ifThere('takes every rule', () => {
    expect(promtool(['check', 'rules', RULES])).toMatch(/SUCCESS: 3\d rules found/);
  });

  ifThere('takes the example of how to read the gateway', () => {
    expect(promtool(['check', 'config', 'deploy/prometheus/prometheus.yml'])).toContain('SUCCESS');
  });

  ifThere('rings when it should, and is silent when it should be', () => {
    writeFileSync(join(folder, 'rules.yml'), rulesAlone());
    writeFileSync(join(folder, 'stories.yml'), STORIES);
    expect(promtool(['test', 'rules', join(folder, 'stories.yml')])).toContain('SUCCESS');
  });

  ifThere('has nothing to say against what /metrics prints', async () => {
    const gateway = await startTestGateway();
    const { text } = await gateway.http.get('/metrics');
    await gateway.close();
    const own = text.split('\n').filter((line) => !/^(# \w+ )?(nodejs|process)_/.test(line));
    expect(promtool(['check', 'metrics'], own.join('\n'))).toBe('');
  });
});
