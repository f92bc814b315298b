import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { Matches, ValidateBy } from 'class-validator';
import { isCalendarDate, isPastDate } from './calendar-date';
import { isEmailAddress } from './email-address';
import { isIdentifier } from './identifier';
import { readNik } from './nik';
import { normalisePhoneNumber, type Strictness } from './phone-number';

/** Something to see: no mark that stands alone, no filler, no Braille blank. */
const VISIBLE = /(?!\p{DI}|\u2800)[\p{L}\p{N}\p{P}\p{S}]/u;

/** Digits with what people put between them: what is read as a number. */
const MOBILE_NUMBER = '^[+(]?\\d[\\d\\s().-]{7,}$';

/** Accepts a mobile number in any common spelling; the DTO then holds `628…`. `known` where it is handed on as a person's own. */
export function IsMobileNumber(strictness: Strictness = 'any'): PropertyDecorator {
  const read = (value: unknown): unknown =>
    typeof value === 'string' ? normalisePhoneNumber(value, strictness) : undefined;
  return applyDecorators(
    ApiProperty({ pattern: MOBILE_NUMBER }),
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
    IsLine(200),
    Matches(/^(?=.*\p{L})\P{DI}*$/u, {
      message: '$property must be a name: 1 to 200 visible characters on one line',
    }),
  );
}

/** Visible text on one line, blanks around it dropped. Format characters alone read as no text at all, or as another one. */
export function IsLine(maxLength: number): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ minLength: 1, maxLength }),
    Transform(({ value }: TransformFnParams): unknown => (typeof value === 'string' ? value.trim() : value)),
    Matches(new RegExp(`^(?=.*${VISIBLE.source})[^\\p{C}\\p{Zl}\\p{Zp}]{1,${maxLength}}$`, 'u'), {
      message: `$property must be 1 to ${maxLength} visible characters on one line`,
    }),
  );
}

/** A NIK that a person can have, always a string: some exceed what a JSON number can hold. */
export function IsNik(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ pattern: '^\\d{16}$' }),
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
    ApiProperty({ format: 'date' }),
    validText('isDateOfBirth', isPastDate, '$property must be a date in the past as YYYY-MM-DD'),
  );
}

/** A day of the calendar as `YYYY-MM-DD`. */
export function IsCalendarDate(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ format: 'date' }),
    validText('isCalendarDate', isCalendarDate, '$property must be a date as YYYY-MM-DD'),
  );
}

/** An e-mail address with an ASCII (or punycode) domain. `''` passes where it may be empty. */
export function IsEmailAddress({ mayBeEmpty = false } = {}): PropertyDecorator {
  return applyDecorators(
    ApiProperty(mayBeEmpty ? { pattern: '^([!#-?A-~]+@[!#-?A-~]+)?$' } : { format: 'email' }),
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
