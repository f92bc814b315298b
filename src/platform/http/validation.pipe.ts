import { applyDecorators, type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import { ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { ValidateIf, type ValidationError } from 'class-validator';
import { type FieldError, invalidRequest } from '../errors';

const UNKNOWN = 'is not a field of this request';
/** A name that can be repeated to the caller: short, and no place for a number or an address. */
const REPEATABLE_NAME = /^(?!.*\d{5})[A-Za-z][A-Za-z0-9_.-]{0,39}$/;
const MAX_ERRORS = 20;

/**
 * class-validator DTOs at our own door. Unknown fields are refused (contract §2), every text is well-formed Unicode without
 * control characters and arrives in NFC, so that two spellings of one name are the same name.
 */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) => refusal(fieldErrors(errors)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    // What is no DTO belongs to a partner's webhook, which may grow fields of any kind: its own reader picks what it knows.
    if ((metadata.type !== 'body' && metadata.type !== 'query') || !this.toValidate(metadata))
      return super.transform(value, metadata);
    // Nest reads null as an empty object; a body that was left out has become one before.
    if (metadata.type === 'body' && (typeof value !== 'object' || value === null || Array.isArray(value)))
      throw invalidRequest('The body must be a JSON object.');
    const errors: FieldError[] = [];
    const readable = readTexts(value, '', errors);
    if (errors.length > 0) throw refusal(errors);
    return super.transform(readable, metadata);
  }
}

/** A field that the route does not know. Its name comes from the caller and may be anything. */
export function unknownField(name: string, message = UNKNOWN, prefix = ''): FieldError {
  return { field: prefix + repeatable(name), message };
}

function repeatable(name: string): string {
  return REPEATABLE_NAME.test(name) ? name : '(unknown)';
}

function refusal(errors: readonly FieldError[]): Error {
  return invalidRequest('The request is not valid.', errors.slice(0, MAX_ERRORS));
}

/**
 * The value with its texts in NFC. Names found on `Object.prototype` are refused here: class-validator looks fields up in a plain
 * object, where it would find them, and class-transformer drops some of them without a word.
 */
function readTexts(value: unknown, field: string, errors: FieldError[]): unknown {
  if (typeof value === 'string') {
    if (!value.isWellFormed() || /\p{Cc}/u.test(value))
      errors.push({ field, message: 'must be well-formed text without control characters' });
    return value.normalize('NFC');
  }
  if (Array.isArray(value)) return value.map((inner) => readTexts(inner, field, errors));
  if (typeof value !== 'object' || value === null) return value;
  const prefix = field === '' ? '' : `${field}.`;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      if (name in Object.prototype) errors.push(unknownField(name, UNKNOWN, prefix));
      return [name, readTexts(inner, prefix + repeatable(name), errors)];
    }),
  );
}

function fieldErrors(errors: readonly ValidationError[], prefix = ''): FieldError[] {
  return errors.flatMap((error) => {
    const field = prefix + error.property;
    return [...brokenRule(error, prefix), ...fieldErrors(error.children ?? [], `${field}.`)];
  });
}

/** Decorators run from the last to the first: the last rule broken is the one that stands first in the class, such as the type. */
function brokenRule({ property, constraints = {} }: ValidationError, prefix: string): FieldError[] {
  const message = Object.values(constraints).at(-1);
  if (message === undefined) return [];
  if (message === `property ${property} should not exist`) return [unknownField(property, UNKNOWN, prefix)];
  return [{ field: prefix + property, message: tidy(message, property) }];
}

/** class-validator repeats the field's name in front; the answer names it apart. */
function tidy(message: string, property: string): string {
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}

/**
 * A field that may be left out, as the document shows it. Unlike class-validator's `IsOptional`, null is not "left out": the document
 * says of no request field that it may be null.
 */
export function OptionalField(shown: ApiPropertyOptions): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional(shown),
    ValidateIf((_, value) => value !== undefined),
  );
}
