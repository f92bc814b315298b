import { type DynamicModule, Injectable, type LoggerService, Module } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { RaisedAlarm } from '../alarms';
import { type Fields, Trace } from '../tracing';
import { standardOutput } from './output';
import { scrub } from './scrub';

/** The program's log: JSON lines, one event each, with the fields of the request or job that they belong to. */
@Injectable()
export class Log {
  readonly #always: Logger;
  #countAlarm: (alarm: RaisedAlarm) => void = () => undefined;

  constructor(private readonly logger: Logger) {
    this.#always = logger.child({}, { level: 'info' });
  }

  debug(message: string, fields: Fields = {}): void {
    this.logger.debug(fields, message);
  }

  info(message: string, fields: Fields = {}): void {
    this.logger.info(fields, message);
  }

  /** A record that has to get out whatever `LOG_LEVEL` says: somebody outside keeps it. */
  record(message: string, fields: Fields): void {
    this.#always.info(fields, message);
  }

  warn(message: string, fields: Fields = {}): void {
    this.logger.warn(fields, message);
  }

  /** `error` is written as its name, code and stack, scrubbed; never its properties, which may hold a request. */
  error(message: string, fields: Fields = {}, error?: unknown): void {
    this.logger.error({ ...fields, ...describeError(error) }, message);
  }

  /** Something an operator must act on: the line names the alarm, by which it is counted and explained. */
  alarm(alarm: RaisedAlarm, message: string, fields: Fields = {}, error?: unknown): void {
    this.#countAlarm(alarm);
    this.error(message, { ...fields, alarm }, error);
  }

  onAlarm(count: (alarm: RaisedAlarm) => void): void {
    this.#countAlarm = count;
  }
}

/**
 * @param level lines below it are not written; pino's names
 * @param destination takes scrubbed lines, one by one
 */
export function createLog(level: string, destination: DestinationStream = standardOutput()): Log {
  const logger = pino(
    {
      level,
      base: null,
      mixin: () => ({ ...Trace.current()?.fields }), // pino adds the line's own fields to it
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: scrub },
    },
    destination,
  );
  return new Log(logger);
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
  readonly log = this.debug.bind(this);

  constructor(private readonly target: Log) {}

  debug(message: unknown, ...rest: unknown[]): void {
    this.target.debug(String(message), contextOf(rest));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.target.warn(String(message), contextOf(rest));
  }

  error(message: unknown, ...rest: unknown[]): void {
    const fields = contextOf(rest);
    // What keeps the program from starting is thrown as well, and main.ts says it.
    if (fields['context'] === START_FAILURE) return;
    this.target.error(message instanceof Error ? message.message : String(message), fields);
  }
}

function contextOf(rest: readonly unknown[]): Fields {
  const last = rest.at(-1);
  return typeof last === 'string' && last.length < 100 ? { context: last } : {};
}

@Module({})
export class LoggingModule {
  static forRoot(log: Log): DynamicModule {
    const providers = [{ provide: Log, useValue: log }];
    return { module: LoggingModule, global: true, providers, exports: providers };
  }
}
