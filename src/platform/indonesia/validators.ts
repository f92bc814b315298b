import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { Matches, ValidateBy } from 'class-validator';
import { isCalendarDate, isPastDate } from './calendar-date';
import { EMAIL_ADDRESS, isEmailAddress, MAX_ADDRESS } from './email-address';
import { isIdentifier } from './identifier';
import { readNik } from './nik';
import { normalisePhoneNumber, type Strictness } from './phone-number';

/** Something to see: no mark that stands alone, no filler, no Braille blank. */
const VISIBLE = /(?!\p{DI}|\u2800)[\p{L}\p{N}\p{P}\p{S}]/u;

/** What the document says of a mobile number, with what people put between digits: `any`, or one that the numbering plan knows. */
export const MOBILE_NUMBERS = {
  any: '^[(]?(\\+?62|0062)?[ ().-]*0?8([ ().-]*\\d){8,13}$',
  known: '^[(]?(\\+?62|0062)?[ ().-]*0?8[ ().-]*[1-35-9]([ ().-]*\\d){7,10}$',
} as const satisfies Record<Strictness, string>;

/** Sixteen digits, of which the seventh to twelfth are a day of birth (a woman's with 40 added), month and year. */
export const NIK =
  '^\\d{6}((([04][1-9]|[1256]\\d|[37]0)(0[13-9]|1[0-2])|[37]1(0[13578]|1[02])|([04][1-9]|[15]\\d|[26][0-8])02)\\d{2}' +
  '|[26]902([02468][048]|[13579][26]))\\d{4}$';

/** No day before the year 1900 is taken. */
const SINCE_1900 = '^(19|[2-9]\\d)';

/** Accepts a mobile number in any common spelling; the DTO then holds `628…`. `known` where it is handed on as a person's own. */
export function IsMobileNumber(strictness: Strictness = 'any'): PropertyDecorator {
  const read = (value: unknown): unknown =>
    typeof value === 'string' ? normalisePhoneNumber(value, strictness) : undefined;
  return applyDecorators(
    ApiProperty({ pattern: MOBILE_NUMBERS[strictness] }),
    Transform(({ value }: TransformFnParams): unknown => read(value) ?? value),
    validText(
      'isMobileNumber',
      (text) => text === read(text),
      '$property must be an Indonesian mobile number such as 6285610573956',
    ),
  );
}

/**
 * A person's name as people write it: visible text with a letter, 1 to 200 characters, blanks around it dropped. Some letters are
 * drawn as nothing, such as the Hangul filler (DI: Default_Ignorable_Code_Point): a name holds none.
 */
export function IsPersonName(): PropertyDecorator {
  return applyDecorators(
    IsLine(200, 'person-name'),
    Matches(/^(?=.*\p{L})\P{DI}*$/u, {
      message: '$property must be a name: 1 to 200 visible characters on one line',
    }),
  );
}

/** Visible text on one line, blanks around it dropped. Format characters alone read as no text at all, or as another one. */
export function IsLine(maxLength: number, format = 'line'): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ format, minLength: 1, maxLength }),
    Transform(({ value }: TransformFnParams): unknown => (typeof value === 'string' ? value.trim() : value)),
    Matches(new RegExp(`^(?=.*${VISIBLE.source})[^\\p{C}\\p{Zl}\\p{Zp}]{1,${maxLength}}$`, 'u'), {
      message: `$property must be 1 to ${maxLength} visible characters on one line`,
    }),
  );
}

/** A NIK that a person can have, always a string: some exceed what a JSON number can hold. */
export function IsNik(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ pattern: NIK }),
    validText(
      'isNik',
      (text) => readNik(text) !== undefined,
      '$property must be a string of 16 digits that can be a NIK',
    ),
  );
}

/** A day that somebody can have been born on, as `YYYY-MM-DD`. */
export function IsDateOfBirth(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ format: 'date', pattern: SINCE_1900 }),
    validText('isDateOfBirth', isPastDate, '$property must be a date in the past as YYYY-MM-DD'),
  );
}

/** A day of the calendar as `YYYY-MM-DD`. */
export function IsCalendarDate(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ format: 'date', pattern: SINCE_1900 }),
    validText('isCalendarDate', isCalendarDate, '$property must be a date as YYYY-MM-DD'),
  );
}

/** An e-mail address with an ASCII (or punycode) domain. `''` passes where it may be empty. */
export function IsEmailAddress({ mayBeEmpty = false } = {}): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      maxLength: MAX_ADDRESS,
      ...(mayBeEmpty ? { pattern: `^$|${EMAIL_ADDRESS}` } : { format: 'email', pattern: EMAIL_ADDRESS }),
    }),
    validText(
      'isEmailAddress',
      (text) => (mayBeEmpty && text === '') || isEmailAddress(text),
      '$property must be an e-mail address such as budi@example.com',
    ),
  );
}

/** An identifier of the caller's, which is kept for ever: no place for personal data (contract §7.4). */
export function IsIdentifier(): PropertyDecorator {
  return validText(
    'isIdentifier',
    isIdentifier,
    '$property must be an identifier of 1 to 64 letters, digits, dots, dashes or underscores, without a NIK or a phone number',
  );
}

function validText(name: string, isValid: (text: string) => boolean, message: string): PropertyDecorator {
  const validate = (value: unknown): boolean => typeof value === 'string' && isValid(value);
  return ValidateBy({ name, validator: { validate, defaultMessage: () => message } });
}
