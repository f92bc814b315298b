import { Transform, type TransformFnParams } from 'class-transformer';
import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator';
import { OptionalField } from '../http';

const LARGEST_PAGE = 100;
const DEFAULT_PAGE = 20;

/** How much of a list is wanted, and from where on. */
export class PageQuery {
  @OptionalField({
    type: 'integer',
    minimum: 1,
    maximum: LARGEST_PAGE,
    default: DEFAULT_PAGE,
    example: 20,
  })
  @Transform(({ value }: TransformFnParams): unknown =>
    typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : value,
  )
  @IsInt()
  @Min(1)
  @Max(LARGEST_PAGE)
  limit: number = DEFAULT_PAGE;

  @OptionalField({ maxLength: 200, description: '`nextCursor` of the page before' })
  @IsString()
  @MaxLength(200)
  cursor?: string;
}
