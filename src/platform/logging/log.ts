import { Injectable, type LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';
import { BatchedLines } from './batched-lines';
import { scrub } from './scrub';

/** Fields of a log line: ids, codes, counts and durations, never personal data. */
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The program's log: JSON lines, one event each. */
@Injectable()
export class Log {
  constructor(private readonly logger: Logger) {}

  debug(message: string, fields: Fields = {}): void {
    this.logger.debug(fields, message);
  }

  info(message: string, fields: Fields = {}): void {
    this.logger.info(fields, message);
  }

  /** A record that has to get out whatever `LOG_LEVEL` says: somebody outside keeps it. */
  record(message: string, fields: Fields): void {
    this.logger.child({}, { level: 'info' }).info(fields, message);
  }

  warn(message: string, fields: Fields = {}): void {
    this.logger.warn(fields, message);
  }

  /** `error` is written as its name, code and stack, scrubbed; never its properties, which may hold a request. */
  error(message: string, fields: Fields = {}, error?: unknown): void {
    this.logger.error({ ...fields, ...describeError(error) }, message);
  }

  /** Something an operator must act on: alerting hangs on `alarm: true`. */
  alarm(message: string, fields: Fields = {}): void {
    this.logger.error({ ...fields, alarm: true }, message);
  }

  fatal(message: string, fields: Fields = {}, error?: unknown): void {
    this.logger.fatal({ ...fields, ...describeError(error) }, message);
  }
}

/** @param destination where scrubbed lines go, one by one; by default they go to standard output, in batches */
export function createLog(level: string, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: timeField,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const out =
    destination === undefined
      ? new BatchedLines(process.stdout.fd)
      : { write: (line: string) => destination.write(scrub(line)) };
  return new Log(pino(options, out));
}

let lastMillisecond = 0;
let lastTimeField = '';

/** The time as pino wants it, ISO 8601; lines of the same millisecond share it. */
function timeField(): string {
  const now = Date.now();
  if (now !== lastMillisecond) {
    lastMillisecond = now;
    lastTimeField = `,"time":"${new Date(now).toISOString()}"`;
  }
  return lastTimeField;
}

function describeError(error: unknown): Record<string, unknown> {
  if (error === undefined) return {};
  if (!(error instanceof Error)) return { error: typeof error };
  const code: unknown = 'code' in error ? error.code : undefined;
  const cause = error.cause instanceof Error ? { cause: `${error.cause.name}: ${error.cause.message}` } : {};
  return {
    error: error.name,
    ...(typeof code === 'string' ? { errorCode: code } : {}),
    stack: error.stack,
    ...cause,
  };
}

/** Nest's own messages in the program's log; its chatter at start is debug. */
export class NestLog implements LoggerService {
  constructor(private readonly target: Log) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.target.debug(String(message), contextOf(rest));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.target.warn(String(message), contextOf(rest));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.target.error(message instanceof Error ? message.message : String(message), contextOf(rest));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.target.debug(String(message), contextOf(rest));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.target.debug(String(message), contextOf(rest));
  }
}

function contextOf(rest: readonly unknown[]): Fields {
  const last = rest.at(-1);
  return typeof last === 'string' && last.length < 100 ? { context: last } : {};
}
