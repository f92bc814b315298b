import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BARE } from '../support/bare-environment';

const { version, optionalDependencies } = JSON.parse(
  readFileSync(join('launch', 'node-runtime', 'package.json'), 'utf8'),
) as { version: string; optionalDependencies: Record<string, string> };

/** What a program says and how it ends when Node.js gives itself out as `version`. */
function run(version: string, program: string): { status: number | null; stderr: string } {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' });`;
  const load = program.endsWith('.mjs') ? `import('./${program}')` : `require('./${program}')`;
  return spawnSync(process.execPath, ['-e', `${pretend} ${load}`], {
    encoding: 'utf8',
    env: { ...BARE, NODE_ENV: 'production' },
  });
}

describe('the Node.js of the project', () => {
  it('is the same for developers and in the image', () => {
    const images = readFileSync('Dockerfile', 'utf8').match(/^FROM node:\S+/gm);
    expect(new Set(images)).toEqual(new Set([`FROM node:${version}-bookworm-slim`]));
    expect(new Set(Object.values(optionalDependencies))).toEqual(new Set([version]));
  });

  const packaged = process.platform === 'linux' && `node-linux-${process.arch}` in optionalDependencies;
  (packaged ? it : it.skip)('comes first on the path of every npm run', () => {
    const { stdout } = spawnSync('npm', ['exec', '--offline', '-c', 'node --version'], { encoding: 'utf8' });
    expect(stdout.trim()).toBe(`v${version}`);
  });

  it.each(['dist/main.js', 'dist/doctor.js', 'dist/ledger.js', 'launch/start.mjs'])(
    'tells a person with an older one in one line what is needed (%s)',
    (program) => {
      const { status, stderr } = run('22.11.0', program);
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /^Node\.js 22\.12 or newer is needed, this is v[\d.]+: .*install Node\.js 24.*\n$/,
      );
    },
  );
});
