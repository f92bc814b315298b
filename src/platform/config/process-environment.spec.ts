import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from './configuration-error';
import { processEnvironment } from './process-environment';

const folder = mkdtempSync(join(tmpdir(), 'kyc-env-file-'));
const before = new Set(Object.keys(process.env));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!before.has(name)) delete process.env[name];
});

/** What the environment becomes with a file of this text. */
function withFile(text: string, environment: Readonly<Record<string, string>> = {}): unknown {
  const file = join(folder, '.env');
  writeFileSync(file, text);
  return read({ ENV_FILE: file, ...environment });
}

function read(environment: Readonly<Record<string, string>>): unknown {
  Object.assign(process.env, environment);
  try {
    return processEnvironment();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

describe('what an operator writes into .env', () => {
  it('gives way to the environment, also to a variable that is set to nothing', () =>
    expect(withFile('PO_A=file\nPO_B=file\nPO_C=file\n', { PO_A: 'shell', PO_B: '' })).toMatchObject({
      PO_A: 'shell',
      PO_B: '',
      PO_C: 'file',
    }));

  it('keeps every character in single quotes; in double ones \\n is a line’s end, and # begins a comment without', () => {
    const text = `# it's a comment
PO_A='a#b \\n"c' # and what's more
export PO_B="a\\nb"
PO_C='-----BEGIN
END-----'
PO_D=a#b

PO_E=
`;
    const wanted = { PO_A: 'a#b \\n"c', PO_B: 'a\nb', PO_C: '-----BEGIN\nEND-----', PO_D: 'a', PO_E: '' };
    expect(withFile(text)).toMatchObject(wanted);
  });

  it.each([
    ['LOG_LEVEL: secret-word\nPORT=3000', 1],
    ["# first\nPO_A='1\n2'\n\nsecret-word\n", 5],
    ['PO_A=1\r\nset PO_B=secret-word\r\n', 2],
  ])('is refused by its line, without a word of it, where that is no variable: %j', (text, line) => {
    const problem = new RegExp(`\\.env has something else than NAME='value' in line ${line}$`);
    expect(withFile(text)).toEqual([expect.stringMatching(problem)]);
    expect(String(withFile(text))).not.toContain('secret-word');
  });

  it('may stand in a file of another name, which must then be there, or in none', () => {
    expect(read({ ENV_FILE: folder })).toEqual([`${folder} cannot be read (EISDIR)`]);
    expect(read({ ENV_FILE: '/none.env' })).toEqual(['/none.env cannot be read (ENOENT)']);
    expect(read({ ENV_FILE: '' })).toMatchObject({ ENV_FILE: '' });
  });
});
