import { Injectable, Global, Module } from '@nestjs/common';

/** The current time, injectable so that tests do not sleep. */
@Injectable()
export class Clock {
  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now();
  }

  /** Milliseconds since some moment, for how long something lasts: nobody sets this clock. */
  elapsed(): number {
    return performance.now();
  }

  date(): Date {
    return new Date(this.now());
  }
}

@Global()
@Module({ providers: [Clock], exports: [Clock] })
export class TimeModule {}
