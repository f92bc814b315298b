import type { Client } from 'pg';

interface Schema {
  /** What is called, with what it takes, returns and does. */
  readonly functions: ReadonlyMap<string, string>;
  readonly columns: ReadonlyMap<string, string>;
  /** Columns that an insert has to name. */
  readonly demanded: readonly string[];
}

/** What a program relies on in the schema of its connection. */
export async function schemaOf(client: Client): Promise<Schema> {
  const functions = await client.query<{ name: string; body: string }>(
    `SELECT format('%s(%s) returns %s', proname, pg_get_function_arguments(oid), pg_get_function_result(oid)) AS name, prosrc AS body
     FROM pg_proc WHERE pronamespace = current_schema()::regnamespace`,
  );
  const columns = await client.query<{ name: string; type: string; demanded: boolean }>(
    `SELECT format('%s.%s', c.relname, a.attname) AS name, format_type(a.atttypid, a.atttypmod) AS type,
       a.attnotnull AND NOT a.atthasdef AS demanded
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname <> 'migration'`,
  );
  return {
    functions: new Map(functions.rows.map(({ name, body }) => [name, body])),
    columns: new Map(columns.rows.map(({ name, type }) => [name, type])),
    demanded: columns.rows.filter(({ demanded }) => demanded).map(({ name }) => name),
  };
}

/** What a program that was made for `released` would miss or be refused in `present`. */
export function breaks(released: Schema, present: Schema): string[] {
  const tables = new Set([...released.columns.keys()].map(tableOf));
  return [
    ...[...released.functions].flatMap(([name, body]) => {
      const now = present.functions.get(name);
      if (now === undefined) return [`the function ${name} is gone`];
      return now === body ? [] : [`the function ${name} does something else`];
    }),
    ...[...released.columns].flatMap(([name, type]) => {
      const now = present.columns.get(name);
      if (now === undefined) return [`the column ${name} is gone`];
      return now === type ? [] : [`the column ${name} is ${now}`];
    }),
    ...present.demanded
      .filter((name) => tables.has(tableOf(name)) && !released.demanded.includes(name))
      .map((name) => `the column ${name} must be given`),
  ];
}

const tableOf = (column: string): string => column.split('.', 1).join();
