import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REASONS } from './token-refused';

const guide = readFileSync(join('docs', 'guides', 'how-a-token-is-judged.md'), 'utf8');

describe('the guide "How a token is judged"', () => {
  it('has one line for each reason a token can be refused for, and no other', () => {
    const section = guide.slice(guide.indexOf('## Refusals'), guide.indexOf('## Other answers'));
    const listed = [...section.matchAll(/^\| `(\w+)` /gm)].map(([, reason]) => reason);
    expect(listed.sort()).toEqual(Object.keys(REASONS).sort());
  });

  it.each([
    ...['unauthorized', 'invalid_request', 'insufficient_scope', 'rate_limited', 'internal_error'],
    ...['partner_error', 'partner_unavailable', 'partner_timeout'],
  ])('names the code %s', (code) => {
    expect(guide.slice(guide.indexOf('## Other answers'))).toContain(`\`${code}\``);
  });

  it.each([
    ...['jwt_validation_total{result,reason,bu}', 'jwks_refresh_total{cause,result}', 'jwks_age_seconds'],
    ...['jwks_stale_served_total', 'jwks_unknown_kid_total', 'userinfo_total{result}'],
  ])('names the metric %s', (metric) => {
    expect(guide).toContain(`\`${metric}\``);
  });
});
