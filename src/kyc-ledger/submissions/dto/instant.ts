import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { IsDate } from 'class-validator';
import { isCalendarDate } from '../../../platform/indonesia';

/** RFC 3339: a time zone must be said, for a bare local time would mean another instant on another machine. */
const INSTANT = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** As RFC 3339 has it with a capital T and Z, of the year 1900 or later; a clock has no 61st second. */
const SHOWN = '^(19|[2-9]\\d)\\d{2}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:[0-5]\\d([.]\\d{1,9})?(Z|[+-]\\d{2}:\\d{2})$';

/** An instant as text; the DTO then holds a Date. */
export function IsInstant(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ pattern: SHOWN }),
    Transform(({ value }: TransformFnParams): unknown =>
      typeof value === 'string' ? readInstant(value) : value,
    ),
    IsDate({ message: '$property must be an instant such as 2026-11-22T00:00:00.000Z' }),
  );
}

/** The instant, or the text itself. JavaScript would read the 30th of February as the 2nd of March. */
export function readInstant(text: string): Date | string {
  const day = INSTANT.exec(text)?.[1];
  return day !== undefined && isCalendarDate(day) ? new Date(text) : text;
}
