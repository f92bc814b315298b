import { ApiProperty } from '@nestjs/swagger';
import type { UserCaller } from '../caller';

/** The person behind a token. */
export class MeDto {
  @ApiProperty({ example: '279d5a1e-0f5c-4d0b-9a52-6f2b1c6f09bf', description: 'The person within SIMAS-ID' })
  sub!: string;

  @ApiProperty({ example: 'nanovest', description: 'The business unit the token is for' })
  businessUnit!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '6285610573956',
    description: '`preferred_username` where it is an Indonesian mobile number',
  })
  phoneNumber!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'John Doe' })
  name!: string | null;

  @ApiProperty({
    example: '2026-11-22T09:00:00.000Z',
    format: 'date-time',
    description: 'When the token ends',
  })
  expiresAt!: string;

  static of({ subject, businessUnit, phoneNumber, name, expiresAt }: UserCaller): MeDto {
    return { sub: subject, businessUnit, phoneNumber, name, expiresAt: expiresAt.toISOString() };
  }
}
