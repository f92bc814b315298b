import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';

/**
 * Words in which a purpose is given. What could be a NIK, a phone number or an e-mail address is refused: that they name nobody else
 * is the writer's duty.
 */
export const PLAIN_WORDS = /^(?=.*(?!\p{DI})[\p{L}\d])(?!.*\d[\d\s.-]{4,}\d)[^\p{C}\p{Zl}\p{Zp}@<>]{1,200}$/u;
const PLAIN_WORDS_WANTED =
  '$property must be 1 to 200 characters of plain words, without long numbers or addresses';

/** Why somebody's data is read: a query parameter of every route that shows people's data to the back office. */
export function Purpose(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      ...{ example: 'manual-review', format: 'plain-words', minLength: 1, maxLength: 200 },
      description: 'Recorded with the reader, and erased with the person; name nobody here',
    }),
    Matches(PLAIN_WORDS, { message: PLAIN_WORDS_WANTED }),
  );
}
