import { Injectable, type LoggerService } from '@nestjs/common';
import { type DestinationStream, pino } from 'pino';
import { BatchedLines, type Entry, type Fields, type Lines, PromptLines } from './lines';

/** The program's log: JSON lines, one event each. */
@Injectable()
export class Log {
  readonly #lowest: number;

  /** @param level lines below it are not written; pino's names */
  constructor(
    level: string,
    private readonly lines: Lines,
  ) {
    this.#lowest = pino.levels.values[level] ?? Number.POSITIVE_INFINITY;
  }

  debug(message: string, fields: Fields = {}): void {
    this.#write('debug', message, fields);
  }

  info(message: string, fields: Fields = {}): void {
    this.#write('info', message, fields);
  }

  /** A record that has to get out whatever `LOG_LEVEL` says: somebody outside keeps it. */
  record(message: string, fields: Fields): void {
    this.lines.write({ level: 'info', at: Date.now(), message, fields });
  }

  warn(message: string, fields: Fields = {}): void {
    this.#write('warn', message, fields);
  }

  /** `error` is written as its name, code and stack, scrubbed; never its properties, which may hold a request. */
  error(message: string, fields: Fields = {}, error?: unknown): void {
    this.#write('error', message, { ...fields, ...describeError(error) });
  }

  /** Something an operator must act on: alerting hangs on `alarm: true`. */
  alarm(message: string, fields: Fields = {}): void {
    this.#write('error', message, { ...fields, alarm: true });
  }

  #write(level: Entry['level'], message: string, fields: Fields): void {
    if ((pino.levels.values[level] ?? 0) < this.#lowest) return;
    this.lines.write({ level, at: Date.now(), message, fields });
  }
}

/** @param destination where scrubbed lines go, one by one; by default they go to standard output, in batches */
export function createLog(level: string, destination?: DestinationStream): Log {
  return new Log(
    level,
    destination === undefined ? new BatchedLines(process.stdout.fd) : new PromptLines(destination),
  );
}

function describeError(error: unknown): Fields {
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

/** Under which Nest reports what the start of the program failed with. */
const START_FAILURE = 'ExceptionHandler';

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
    // What keeps the program from starting is thrown as well, and main.ts says it.
    if (contextOf(rest)['context'] === START_FAILURE) return;
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
