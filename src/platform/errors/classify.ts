import { types } from 'node:util';
import { HttpException } from '@nestjs/common';
import { GatewayError, temporarilyUnavailable } from './gateway-error';

/** SQLSTATEs of text with U+0000, which PostgreSQL cannot store and only a caller can have sent. */
const UNSTORABLE_TEXT = /^(22021|22P05)$/;

/** SQLSTATE classes and driver errors that mean "the database is not there now", not "the query is wrong". */
const DATABASE_AWAY =
  /^(08...|57P0[1-3]|53...|55000|57014|25006|ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|E(HOST|NET)(UNREACH|DOWN))$/;
/** The same for a database that does not let us in, or has another name or certificate than a moment ago: waiting alone does not help. */
const DATABASE_REFUSES =
  /^(08P01|28...|3D000|CERT_.*|SELF_SIGNED_.*|DEPTH_ZERO_.*|UNABLE_TO_(GET|VERIFY)_.*|ERR_TLS_.*)$/;
/** pg's words, and TypeORM's for a connection that ended between two statements of a transaction. */
const DATABASE_AWAY_WORDS =
  /already released|timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Query read timeout|Client was closed|Driver not Connected/i;

/** Whether the error says that PostgreSQL cannot be reached at the moment. */
export function isDatabaseAway(error: unknown): boolean {
  if (!isError(error)) return false;
  if (DATABASE_AWAY.test(codeOf(error)) || refusesUs(error)) return true;
  if (DATABASE_AWAY_WORDS.test(error.message)) return true;
  const inner: unknown = 'driverError' in error ? error.driverError : error.cause;
  return inner !== error && isDatabaseAway(inner);
}

/** Whether PostgreSQL has no room on its disk. */
export function isDiskFull(error: unknown): boolean {
  return isError(error) && codeOf(error) === '53100';
}

/** Whether PostgreSQL ended the statement at its time limit. */
export function isCancelledStatement(error: unknown): boolean {
  return isError(error) && codeOf(error) === '57014';
}

/** Whether the database, or the pooler before it, refuses us rather than being away. */
export function refusesUs(error: unknown): boolean {
  return isError(error) && DATABASE_REFUSES.test(codeOf(error));
}

/** What the framework itself refuses, by status; everything else is ours and a surprise. */
const FRAMEWORK: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  400: ['invalid_request', 'The request cannot be read.'],
  404: ['not_found', 'There is nothing at this address.'],
  414: ['invalid_request', 'The address is too long.'],
};

/** Whatever was thrown, as the one error class that leaves the program. Surprises become `internal_error` without detail. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  if (isDatabaseAway(thrown))
    return temporarilyUnavailable('The gateway cannot store anything right now.', 1, thrown);
  if (isError(thrown) && UNSTORABLE_TEXT.test(codeOf(thrown)))
    return new GatewayError(400, 'invalid_request', 'The request has a NUL character in a text.', {
      cause: thrown,
    });
  const status = frameworkStatus(thrown);
  if (status !== undefined && status >= 400 && status < 500) {
    const [code, detail] = FRAMEWORK[status] ?? ['invalid_request', 'The request cannot be answered.'];
    return new GatewayError(status, code, detail);
  }
  return new GatewayError(500, 'internal_error', 'Something Went Wrong', { cause: thrown });
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function frameworkStatus(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (isError(thrown) && 'statusCode' in thrown && typeof thrown.statusCode === 'number')
    return thrown.statusCode;
  return undefined;
}

/** Neither test alone tells all: Node's own errors come from another realm under Jest, Fastify's are no native errors. */
function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || types.isNativeError(thrown);
}
