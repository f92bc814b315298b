import { z } from 'zod';
import { certificates, defineSettings, integer, type LoadedSettings, postgresUrl } from '../config';

/** Where PostgreSQL is, and who changes its schema. */
export const databaseSettings = defineSettings({
  title: 'Database',
  shared: {
    DATABASE_URL: postgresUrl().describe(
      'PostgreSQL 13 to 18; the role owns its database, or was given what it needs by `npm run migrate -- --grant ROLE`. `npm start` embeds one when unset',
    ),
    DATABASE_TLS: z
      .enum(['verify', 'off'])
      .prefault('verify')
      .describe(
        'How a database on another machine is spoken to: over TLS with its certificate verified, or in clear on a network of your own',
      ),
    DATABASE_CA: certificates()
      .optional()
      .describe(
        "Certificates (PEM) of the authority that signed the database's; usually as `DATABASE_CA_FILE`. Default: the public authorities",
      ),
    DATABASE_POOL_SIZE: integer({ min: 2, max: 500 }).prefault('10').describe('Connections of one process'),
    MIGRATIONS: z
      .enum(['start', 'check'])
      .prefault('start')
      .describe(
        'Whether a start applies pending migrations, or ends with code 78 while there are any: then `npm run migrate` is a step of the deployment',
      ),
    DATABASE_MIGRATION_URL: postgresUrl()
      .optional()
      .describe(
        'The owner of the database, for migrations alone; `DATABASE_URL` may then be a role that cannot change the schema',
      ),
  },
});

export type DatabaseSettings = LoadedSettings<typeof databaseSettings>;
