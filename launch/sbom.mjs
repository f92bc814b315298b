// `npm run --silent sbom`: a CycloneDX list of what production installs, from package-lock.json. `npm sbom --omit=dev` would leave
// out each package that a development dependency needs as well, pg and zod among them: so npm is shown a project that has none.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { name, version, description, license, dependencies } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);
const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-sbom-'));
// npm calls the project as its folder is called.
const project = join(folder, name);

function npm(...parameters) {
  const options = {
    cwd: project,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
  };
  return execFileSync('npm', [...parameters, '--package-lock-only', '--offline'], options);
}

try {
  mkdirSync(project);
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name, version, description, license, dependencies }),
  );
  copyFileSync(join(root, 'package-lock.json'), join(project, 'package-lock.json'));
  npm('install', '--silent');
  process.stdout.write(npm('sbom', '--sbom-format=cyclonedx', '--sbom-type=application'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
