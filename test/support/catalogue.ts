import type { Client } from 'pg';

/** The distinct values of a column that can hold words or bytes, as text; bytes are hexadecimal. */
export interface Column {
  /** `table.column`. */
  readonly name: string;
  readonly values: ReadonlySet<string>;
}

/** All columns of the gateway's own tables that can hold words or bytes, from the catalogue: a new one is there the day it is added. */
export async function columns(sql: Client): Promise<Column[]> {
  const { rows } = await sql.query<{ table: string; column: string }>(
    `SELECT c.table_name AS "table", c.column_name AS "column" FROM information_schema.columns c
       JOIN information_schema.tables t USING (table_schema, table_name)
      WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
        AND (c.data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea') OR c.domain_name IS NOT NULL)
        AND c.column_name <> 'business_unit' AND c.table_name NOT LIKE '%migration%'
      ORDER BY 1, 2`,
  );
  const found: Column[] = [];
  for (const { table, column } of rows) {
    const values = await sql.query<{ value: string }>(
      `SELECT DISTINCT "${column}"::text AS value FROM "${table}" WHERE "${column}" IS NOT NULL`,
    );
    found.push({ name: `${table}.${column}`, values: new Set(values.rows.map(({ value }) => value)) });
  }
  return found;
}
