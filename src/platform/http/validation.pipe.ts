import { ValidationPipe } from '@nestjs/common';
import { type ValidationError, validateSync, type ValidatorOptions } from 'class-validator';
import { type FieldError, invalidRequest } from '../errors';

/** class-validator DTOs at our own door. Unknown fields are refused, on webhooks ignored (contract §2). */
export function createValidationPipe(unknown: 'refuse' | 'ignore' = 'refuse'): ValidationPipe {
  return new ValidationPipe({
    ...RULES,
    transform: true,
    forbidNonWhitelisted: unknown === 'refuse',
    exceptionFactory: refusal,
  });
}

/** The same for an input whose fields were taken over by name; a pipe spends more on finding them than on judging them. */
export function validated<T extends object>(input: T): T {
  const errors = validateSync(input, RULES);
  if (errors.length > 0) throw refusal(errors);
  return input;
}

const RULES: ValidatorOptions = {
  whitelist: true,
  forbidUnknownValues: true,
  stopAtFirstError: true,
  validationError: { target: false, value: false },
};

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
