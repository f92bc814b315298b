import { Client } from 'pg';

/** Every row of every table, as text: what a dump of the database would show. */
export async function dump(url: string): Promise<string> {
  const client = new Client(url);
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const rows: string[] = [];
    for (const { name } of tables.rows) {
      const { rows: found } = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      // Bytes are shown in hex: a text hidden there must be found too.
      rows.push(
        ...found.map(({ row }) => row + row.replace(/\\\\x([0-9a-f]+)/g, (_, hex: string) => decoded(hex))),
      );
    }
    return rows.join('\n');
  } finally {
    await client.end();
  }
}

function decoded(hex: string): string {
  return Buffer.from(hex, 'hex').toString('latin1');
}
