import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { PLAIN_WORDS, PLAIN_WORDS_WANTED } from './plain-words';

/** Why somebody's data is read: a query parameter of every route that shows people's data to the back office. */
export function Purpose(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      example: 'manual-review',
      description: 'Recorded with the reader, and erased with the person; name nobody here',
    }),
    Matches(PLAIN_WORDS, { message: PLAIN_WORDS_WANTED }),
  );
}
