import { type Client, escapeIdentifier } from 'pg';

/** Whether the catalogue's table `c` has a trigger that refuses changes: such a table is only ever added to. */
const IS_APPEND_ONLY = `EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgfoid = to_regproc('refuse_change'))`;
/** The gateway's own tables and pg-boss's: other programs' tables in the same database are left alone. */
const OUR_TABLES = `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname IN (current_schema(), 'pgboss') AND c.relkind IN ('r', 'p') AND pg_has_role(c.relowner, 'USAGE')`;

/**
 * Gives each role that was ever named exactly what the program needs; in one transaction, so that a running program never lacks it.
 * @param added is named from now on
 * @throws Error when that one could still do more, by whatever else it was given; then nothing was changed
 */
export async function renewGrants(client: Client, added?: string): Promise<void> {
  await client.query('BEGIN');
  try {
    if (added !== undefined) await remember(client, added);
    const { rows: roles } = await client.query<{ name: string }>(
      'SELECT m.name FROM migration_role m JOIN pg_roles r ON r.rolname = m.name ORDER BY 1',
    );
    for (const { name } of roles) await client.query((await grants(client, name)).join('; '));
    const excess = added === undefined ? [] : await excessOf(client, added);
    if (excess.length > 0)
      throw new Error(`the role ${added} may do more than the program needs: ${excess.join('; ')}`);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

async function remember(client: Client, role: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (rowCount === 0) throw new Error(`there is no role ${role}: create it first`);
  await client.query('INSERT INTO migration_role (name) VALUES ($1) ON CONFLICT DO NOTHING', [role]);
}

async function grants(client: Client, name: string): Promise<string[]> {
  const role = escapeIdentifier(name);
  const { rows } = await client.query<{ granted: string }>(
    `SELECT format('GRANT %s ON %I.%I TO %s',
       CASE WHEN c.relname = 'migration' THEN 'SELECT' WHEN ${IS_APPEND_ONLY} THEN 'SELECT, INSERT'
            WHEN n.nspname = 'pgboss' AND c.relname = 'version' THEN 'SELECT, UPDATE'
            ELSE 'SELECT, INSERT, UPDATE, DELETE' END, n.nspname, c.relname, $1::text) AS granted
     ${OUR_TABLES} AND c.relname <> 'migration_role'`,
    [role],
  );
  const { rows: places } = await client.query<{ database: string; schema: string }>(
    'SELECT quote_ident(current_database()) AS database, quote_ident(current_schema()) AS schema',
  );
  const { database = '', schema = '' } = places[0] ?? {};
  const schemas = `${schema}, pgboss`;
  return [
    `REVOKE ALL ON ALL TABLES IN SCHEMA ${schemas} FROM ${role}`,
    `REVOKE ALL ON SCHEMA ${schemas} FROM ${role}`,
    `GRANT CONNECT ON DATABASE ${database} TO ${role}`,
    `GRANT USAGE ON SCHEMA ${schemas} TO ${role}`,
    `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schemas} TO ${role}`,
    ...rows.map(({ granted }) => granted),
  ];
}

/** What a role may do beyond that: as a superuser, by a role it belongs to, or as everybody. */
async function excessOf(client: Client, role: string): Promise<string[]> {
  const { rows } = await client.query<{ excess: string }>(
    `SELECT 'it is a superuser' AS excess FROM pg_roles WHERE rolname = $1 AND rolsuper
     UNION ALL SELECT 'it belongs to ' || current_user WHERE pg_has_role($1, current_user, 'MEMBER')
     UNION ALL SELECT 'it may create schemas: REVOKE CREATE ON DATABASE ' || quote_ident(current_database()) || ' FROM PUBLIC'
       WHERE has_database_privilege($1, current_database(), 'CREATE')
     UNION ALL SELECT 'it may create tables: REVOKE CREATE ON SCHEMA ' || quote_ident(s) || ' FROM PUBLIC'
       FROM unnest(ARRAY[current_schema(), 'pgboss']) s WHERE has_schema_privilege($1, s, 'CREATE')
     UNION ALL SELECT 'it may change or empty ' || c.relname
       ${OUR_TABLES} AND (has_table_privilege($1, c.oid, 'TRUNCATE, TRIGGER, REFERENCES')
         OR ${IS_APPEND_ONLY} AND has_table_privilege($1, c.oid, 'UPDATE, DELETE'))`,
    [role],
  );
  return rows.map(({ excess }) => excess);
}
