import { readFileSync } from 'node:fs';
// Not by its name: a Node.js that is too old to have it says so in a line of its own.
import util from 'node:util';

// `.env` of the working folder, as the gateway's own programs read it: the environment wins. What else is wrong with it they say.
export function loadEnvFile() {
  const { ENV_FILE } = process.env;
  const file = ENV_FILE ?? '.env';
  if (file === '') return;
  try {
    for (const [name, value] of Object.entries(util.parseEnv(readFileSync(file, 'utf8'))))
      process.env[name] ??= value;
  } catch (error) {
    if (ENV_FILE === undefined && error.code === 'ENOENT') return;
    console.error(`${file} cannot be read (${error.code}).`);
    process.exit(78);
  }
}
