import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

const GUIDE = readFileSync('docs/guides/growth.md', 'utf8');
const BLOCKS = [...GUIDE.matchAll(/```sql\n(.*?)```(?:\n\n```text\n(.*?)```)?/gs)].map(
  ([, statement = '', answer]) => ({ statement, answer }),
);

let database: TestDatabase;
let sql: Client;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = new Client(database.url);
  await sql.connect();
  await sql.query(
    `INSERT INTO kyc_submission_opening
       SELECT 'nanovest', gen_random_uuid(), gen_random_uuid(), 'gtf-coe', 'user', now() - n * interval '1 minute'
         FROM generate_series(1, 5000) n`,
  );
  await sql.query('VACUUM ANALYZE kyc_submission_opening');
});
afterAll(async () => {
  await sql?.end();
  await database?.drop();
});

it.each(BLOCKS)('the growth guide says what $statement says', async ({ statement, answer }) => {
  const { rows } = await sql.query<unknown[]>({ text: statement, rowMode: 'array' });
  const lines = rows.map((row) => `${row.join(' | ')}\n`).join('');
  if (answer !== undefined) expect(lines === '' ? '(none)\n' : lines).toBe(answer);
});

it('the growth guide has statements', () => {
  expect(BLOCKS.length).toBeGreaterThan(7);
});
