import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROVIDER_NAMES, PROVIDERS } from './registry';

const PROVIDERS_FOLDER = join('src', 'otp-webhook', 'providers');

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.(spec|fixture)\.ts$/.test(name))
    .map((name) => join(folder, name));
}

describe('The registry of providers', () => {
  it('gives each provider a name and settings of its own', () => {
    expect(new Set(PROVIDER_NAMES).size).toBe(PROVIDERS.length);
    expect(new Set(PROVIDERS.map(({ settings }) => settings.token)).size).toBe(PROVIDERS.length);
  });

  it('lists every folder of providers/', () => {
    const folders = readdirSync(PROVIDERS_FOLDER, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
    expect(folders.toSorted()).toEqual(PROVIDER_NAMES.toSorted());
  });
});

describe('The worked example "Add an SMS provider" of CONTRIBUTING.md', () => {
  const [, rest = ''] = readFileSync('CONTRIBUTING.md', 'utf8').split('## Add an SMS provider\n');
  const [section = ''] = rest.split('\n## ');
  const listed = [...section.matchAll(/^\| `([\w/.-]+\.ts)`/gm)].map(([, file = '']) =>
    join(PROVIDERS_FOLDER, file),
  );

  it('lists every file of the program that names the provider, and no other', () => {
    const naming = sources('src').filter((file) => /verihubs/i.test(file + readFileSync(file, 'utf8')));
    expect(listed.toSorted()).toEqual(naming.toSorted());
  });

  it('needs one import and one name in the registry', () => {
    const registry = readFileSync(join(PROVIDERS_FOLDER, 'registry.ts'), 'utf8');
    const lines = registry.split('\n').filter((line) => line.includes('verihubs'));
    expect(lines).toEqual([
      "import { verihubs } from './verihubs';",
      expect.stringMatching(/^export const PROVIDERS: .* = \[.*\bverihubs\b.*\];$/),
    ]);
  });

  it('names files that exist outside of src as well', () => {
    const named = [...section.matchAll(/`((?:lab|test|docs)\/[\w/.-]+)`/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(6);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });
});
