import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigurationError } from '../config';
import { isDatabaseAway, refusesUs } from '../errors';

const MAX_TRIES = 5;
const TRY_AGAIN_MS = 1_000;

/** What is to be done about PostgreSQL's refusals, by SQLSTATE. */
const ADVICE: Readonly<Record<string, string>> = {
  '28000': 'the user of DATABASE_URL may not connect (pg_hba.conf)',
  '28P01': 'user and password of DATABASE_URL do not fit',
  '3D000': 'create the database that DATABASE_URL names',
  '3F000': 'create the schema, or set the search_path of the role of DATABASE_URL',
  '42501':
    'make the role of DATABASE_URL the owner of its database and schema, or give it what it needs: npm run migrate -- --grant ROLE',
};
const NO_TLS = /does not support SSL/;
const UNTRUSTED = /^(CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|ERR_TLS_)/;

/**
 * Waits for a server that is not there yet, as when everything starts together. What waiting does not mend is told at once.
 * @throws Error with the reason in one line
 */
export async function whenThere<T>(isAway: (reason: string) => void, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1)
    try {
      return await work();
    } catch (error) {
      if (error instanceof ConfigurationError) throw error;
      if (!isDatabaseAway(error) || refusesUs(error) || tries === MAX_TRIES) throw startFailure(error);
      isAway(reasonOf(error));
      await sleep(TRY_AGAIN_MS);
    }
}

/** What keeps the program from starting, in one line. */
export function startFailure(error: unknown): Error {
  return new Error(`the database: ${reasonOf(error)}`, { cause: error });
}

/** Why the database cannot be used, in one line. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const message = error instanceof Error && error.message !== '' ? error.message.split('\n', 1).join() : code;
  const advice = ADVICE[code] ?? tlsAdvice(code, message);
  return advice === undefined ? message : `${message}: ${advice}`;
}

function tlsAdvice(code: string, message: string): string | undefined {
  if (NO_TLS.test(message)) return 'DATABASE_TLS=off does without TLS, on a network of your own';
  if (UNTRUSTED.test(code)) return 'DATABASE_CA_FILE names the authority that signed its certificate';
  return undefined;
}

export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
