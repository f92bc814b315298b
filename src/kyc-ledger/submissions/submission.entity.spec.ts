import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getMetadataArgsStorage } from 'typeorm';
import { columnOf } from '../../platform/database';
import { Submission } from './submission.entity';

const LEDGER = join('src', 'kyc-ledger');
/** They never change, so that they are written once; and the key. */
const WRITTEN_ONCE = [
  'business_unit',
  'id',
  'person_id',
  'kind',
  'submission_type',
  'opened_by',
  'created_at',
];

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.(spec|fixture)\.ts$/.test(name))
    .map((name) => join(folder, name));
}

describe('The worked example "Add a field to the list of submissions" of CONTRIBUTING.md', () => {
  const [, rest = ''] = readFileSync('CONTRIBUTING.md', 'utf8').split(
    '## Add a field to the list of submissions\n',
  );
  const [section = ''] = rest.split('\n## ');
  const listed = [...section.matchAll(/^\| `([\w/.-]+\.ts)`/gm)].map(([, file = '']) => join(LEDGER, file));

  it('lists every file of the program that names the field, and no other', () => {
    const declares = (file: string): boolean =>
      file.startsWith(LEDGER) && /\bpartnerSubmissionId!?:/.test(readFileSync(file, 'utf8'));
    const names = (file: string): boolean => /partner_?entry/i.test(readFileSync(file, 'utf8'));
    const naming = sources('src').filter((file) => declares(file) || names(file));
    expect(listed.toSorted()).toEqual(naming.toSorted());
    expect(listed).toHaveLength(4);
  });

  it('forgets no column where an event is appended', () => {
    const sql = readdirSync('migrations')
      .sort()
      .map((file) => readFileSync(join('migrations', file), 'utf8'))
      .join('\n');
    // Of the newest of the functions that append.
    const [, updated = ''] =
      [...sql.matchAll(/ON CONFLICT \(business_unit, id\) DO UPDATE SET (status [^;]*);/g)].at(-1) ?? [];
    const columns = getMetadataArgsStorage()
      .filterColumns(Submission)
      .map(({ propertyName }) => columnOf(propertyName));
    expect([...updated.matchAll(/(\w+) = excluded\.\1/g)].map(([, name]) => name).toSorted()).toEqual(
      columns.filter((name) => !WRITTEN_ONCE.includes(name)).toSorted(),
    );
  });
});
