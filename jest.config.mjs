import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';

/** Packages of node_modules that say `"type": "module"`: Jest's CommonJS loader cannot load them on Node 20, so swc compiles them. */
function esModulePackages(root = 'node_modules') {
  const names = [];
  for (const entry of readdirSync(root)) {
    if (entry.startsWith('.')) continue;
    const folders = entry.startsWith('@')
      ? readdirSync(join(root, entry)).map((name) => `${entry}/${name}`)
      : [entry];
    for (const name of folders) {
      const manifest = join(root, name, 'package.json');
      if (!existsSync(manifest)) continue;
      if (JSON.parse(readFileSync(manifest, 'utf8')).type === 'module') names.push(name);
      const nested = join(root, name, 'node_modules');
      if (existsSync(nested)) names.push(...esModulePackages(nested));
    }
  }
  return names;
}

// Programs under test start some hundred times: Node.js compiles each once.
process.env['NODE_COMPILE_CACHE'] ??= resolve('node_modules', '.cache', 'compiled');

const compiled = [...new Set(esModulePackages())].join('|');
const swc = { ...JSON.parse(readFileSync('.swcrc', 'utf8')), swcrc: false, sourceMaps: 'inline' };
const shared = {
  testEnvironment: 'node',
  transform: { '^.+\\.(ts|js|mjs)$': ['@swc/jest', swc] },
  transformIgnorePatterns: [`/node_modules/(?!(?:.*/node_modules/)?(?:${compiled})/)`],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json'],
};

export default {
  // Two for each processor, for most system tests wait half of the time; at most what their PostgreSQL has connections for.
  maxWorkers: Math.min(availableParallelism() * 2, 6),
  testTimeout: 60_000, // hooks too: PostgreSQL drops a database only after a checkpoint
  projects: [
    {
      ...shared,
      displayName: 'unit',
      roots: ['<rootDir>/src', '<rootDir>/lab', '<rootDir>/launch', '<rootDir>/client/src'],
      testRegex: '\\.spec\\.ts$',
      testPathIgnorePatterns: ['/node_modules/', '\\.(integration|faults)\\.spec\\.ts$'],
    },
    {
      ...shared,
      displayName: 'system',
      roots: ['<rootDir>/test', '<rootDir>/src'],
      // What needs PostgreSQL: the gateway from outside, and parts of it beside their code.
      testRegex: ['/test/(e2e|contract)/.*\\.spec\\.ts$', '\\.integration\\.spec\\.ts$'],
      setupFilesAfterEnv: ['<rootDir>/test/support/check-answers.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
    {
      ...shared,
      displayName: 'browser',
      roots: ['<rootDir>/test/browser'],
      testRegex: '\\.spec\\.ts$',
      setupFilesAfterEnv: ['<rootDir>/test/support/check-answers.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
  ],
};
