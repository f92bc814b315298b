import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigurationError } from './configuration-error';
import type { RawEnvironment } from './settings';

/** A variable, its value in quotes perhaps over several lines, or a comment. */
const ENTRY = /^[ \t]*(?:(?:export[ \t]+)?[\w.-]+[ \t]*=[ \t]*(?:'[^']*'|"[^"]*"|`[^`]*`)?|#).*$/gm;

/**
 * The process's own environment, with what the working folder's `.env` adds to it: the environment wins. `ENV_FILE` names another file,
 * which must be there; set to nothing, it stands for none (contract §7.1). The one place that reads either.
 * @throws ConfigurationError
 */
export function processEnvironment(): RawEnvironment {
  for (const [name, value] of Object.entries(envFile())) process.env[name] ??= value;
  return process.env;
}

function envFile(): NodeJS.Dict<string> {
  const { ENV_FILE } = process.env;
  const file = ENV_FILE ?? '.env';
  if (file === '') return {};
  const text = textOf(file, ENV_FILE === undefined);
  // Node passes over other lines: a variable that is written in another way would be none, without a word.
  const other = text.replace(ENTRY, (entry) => entry.replace(/[^\n]/g, ' ')).search(/\S/);
  if (other === -1) return parseEnv(text);
  const line = text.slice(0, other).split('\n').length;
  throw new ConfigurationError([`${file} has something else than NAME='value' in line ${line}`]);
}

function textOf(file: string, mayBeMissing: boolean): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    if (mayBeMissing && code === 'ENOENT') return '';
    throw new ConfigurationError([`${file} cannot be read (${code})`]);
  }
}
