import { readFileSync } from 'node:fs';

/** Every expression of the alert rules and of the dashboard, with where it stands. */
export function expressions(): { readonly at: string; readonly expression: string }[] {
  const rules = readFileSync('deploy/prometheus/alerts.yml', 'utf8');
  const alerts = [...rules.matchAll(/- alert: (\w+)\n\s+expr: (".*")$/gm)];
  const dashboard = readFileSync('deploy/grafana/overview.json', 'utf8');
  return [
    ...alerts.map(([, at = '', text = '']) => ({ at, expression: JSON.parse(text) as string })),
    ...[...dashboard.matchAll(/"expr": (".*?(?<!\\)")/g)].map(([, text = '']) => ({
      at: 'overview.json',
      expression: JSON.parse(text) as string,
    })),
  ];
}

const FUNCTIONS = new Set(['histogram_quantile']);

/** Metrics that an expression names: words with an underscore that are no label, text or function. */
export function metricsIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\b(by|on|without|ignoring) ?\([^)]*\)/g, '');
  return (bare.match(/\b[a-z]+(?:_[a-z0-9]+)+\b/g) ?? []).filter((word) => !FUNCTIONS.has(word));
}
