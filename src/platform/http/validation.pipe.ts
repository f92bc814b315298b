import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { type FieldError, invalidRequest } from '../errors';

/** class-validator DTOs at our own door. Unknown fields are refused, on webhooks ignored (contract §2). */
export function createValidationPipe(unknown: 'refuse' | 'ignore' = 'refuse'): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: unknown === 'refuse',
    forbidUnknownValues: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
    exceptionFactory: refusal,
  });
}

function refusal(errors: readonly ValidationError[]): Error {
  return invalidRequest('The request is not valid.', fieldErrors(errors));
}

function fieldErrors(errors: readonly ValidationError[], prefix = ''): FieldError[] {
  return errors.flatMap((error) => {
    const field = prefix + error.property;
    const own = Object.values(error.constraints ?? {}).map((message) => ({
      field,
      message: tidy(message, error.property),
    }));
    return [...own, ...fieldErrors(error.children ?? [], `${field}.`)];
  });
}

/** class-validator repeats the field's name in front; the answer names it apart. */
function tidy(message: string, property: string): string {
  if (message === `property ${property} should not exist`) return 'is not a field of this request';
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}
