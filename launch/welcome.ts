import { relative } from 'node:path';
import { projectRoot } from './data-folder';
import { unitPrefix } from './given-environment';
import type { Secrets } from './generated-secrets';

export interface Started {
  dataDir: string;
  gatewayUrl: string;
  units: readonly string[];
  /** Only what was generated; configured secrets are never printed. */
  secrets: Secrets;
  /** Where the lab's SIMAS-ID mints tokens; undefined when the real one is configured. */
  simulatedSimasId: string | undefined;
  /** A person's page, whose people sign in with the lab's SIMAS-ID. */
  onboarding: string | undefined;
}

/** What a person who just started the gateway wants to copy. */
export function welcome(started: Started): string {
  const { gatewayUrl, units, secrets, simulatedSimasId, onboarding } = started;
  const name = relative(projectRoot, started.dataDir);
  const folder = name.startsWith('..') ? started.dataDir : name;
  const [unit] = units;
  const person = JSON.stringify({ unit, phoneNumber: '081234567890' });
  const examples: string[] = [];
  if (unit !== undefined && simulatedSimasId !== undefined)
    examples.push(
      `TOKEN=$(curl -s ${simulatedSimasId}/lab/tokens -H 'Content-Type: application/json' -d '${person}' \\`,
      `  | node -pe 'JSON.parse(fs.readFileSync(0)).accessToken')`,
      `curl -s ${gatewayUrl}/v1/me -H "Authorization: Bearer $TOKEN"`,
    );
  const backOffice = unit && secrets[`${unitPrefix(unit)}API_CREDENTIALS`];
  if (backOffice) examples.push(`curl -s ${gatewayUrl}/v1/submissions -u ${backOffice}`);
  const credentials = units.flatMap((id) =>
    Object.entries({ 'back office': 'API', 'OTP webhook': 'OTP_WEBHOOK' }).flatMap(([who, of]) => {
      const login = secrets[`${unitPrefix(id)}${of}_CREDENTIALS`];
      return login === undefined ? [] : [`${id}  ${who}  ${login}`];
    }),
  );
  return `
${section(`Credentials (generated, kept in ${folder}/secrets.json)`, credentials)}${section('Try', examples)}\
API documentation: ${gatewayUrl}/docs   Back office: ${gatewayUrl}/console
${onboarding === undefined ? '' : `A person's onboarding: ${onboarding}\n`}\
Logs: ${folder}/*.log   Stop: Ctrl-C
Next: ${simulatedSimasId ? 'npm run journey   (in another terminal)' : `curl -s ${gatewayUrl}/health/ready`}
`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  ${line}\n`).join('')}\n`;
}
