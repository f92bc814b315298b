import { DataSource, type EntityMetadata } from 'typeorm';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';

let gateway: InProcessGateway;
let dataSource: DataSource;

beforeAll(async () => {
  gateway = await startInProcessGateway();
  dataSource = gateway.app.get(DataSource);
});
afterAll(() => gateway?.close());

/** Of every table of the gateway's own, what an entity says of a column, too. */
async function catalogue(): Promise<Record<string, string[]>> {
  const rows = await dataSource.query<{ table: string; columns: string[] }[]>(
    `SELECT c.relname AS "table", array_agg(concat_ws(' ', a.attname,
        format_type(coalesce(nullif(t.typbasetype, 0), t.oid), a.atttypmod),
        CASE WHEN NOT a.attnotnull THEN 'null' END, CASE WHEN a.atthasdef THEN 'default' END,
        CASE WHEN a.attnum = ANY (p.conkey) THEN 'key' END) ORDER BY a.attname) AS columns
     FROM pg_class c
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     JOIN pg_type t ON t.oid = a.atttypid
     JOIN pg_constraint p ON p.conrelid = c.oid AND p.contype = 'p'
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname NOT LIKE 'migration%'
     GROUP BY 1`,
  );
  return Object.fromEntries(rows.map(({ table, columns }) => [table, columns]));
}

/** As PostgreSQL writes it. */
function typeOf(column: EntityMetadata['columns'][number]): string {
  const type = dataSource.driver.normalizeType(column);
  const size = column.length || column.precision;
  const sized = size ? type.replace(/^(timestamp|character varying)/, `$1(${size})`) : type;
  return column.isArray ? `${sized}[]` : sized;
}

function entities(): Record<string, string[]> {
  const tables = dataSource.entityMetadatas.map(({ tableName, columns }) => {
    const described = columns.map((column) =>
      [
        column.databaseName,
        typeOf(column),
        column.isNullable ? 'null' : [],
        column.default === undefined ? [] : 'default',
        column.isPrimary ? 'key' : [],
      ]
        .flat()
        .join(' '),
    );
    return [tableName, described.sort()] as const;
  });
  return Object.fromEntries(tables);
}

describe('A newcomer who reads an entity', () => {
  it('reads what the database has: each column with its type, whether it may be null, and the primary key', async () => {
    expect(entities()).toEqual(await catalogue());
  });
});
