import { ApiProperty } from '@nestjs/swagger';

const HASH = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

class NewestCheckpointDto {
  @ApiProperty({ example: 42 })
  seq!: number;

  @ApiProperty({ example: HASH })
  hash!: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T03:04:05.678Z' })
  at!: Date;

  @ApiProperty({ example: '1f3c5a7e9b2d4f60', description: 'Of the key that signed' })
  keyId!: string;

  @ApiProperty({ example: 'a1'.repeat(64), description: 'Ed25519' })
  signature!: string;
}

/** Where the unit's chain ends, and up to where it is signed. */
export class LedgerStateDto {
  @ApiProperty({ example: 57, description: '0: nothing happened yet' })
  seq!: number;

  @ApiProperty({ type: String, nullable: true, example: HASH })
  hash!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-11-22T03:05:06.789Z' })
  at!: Date | null;

  @ApiProperty({ type: NewestCheckpointDto, nullable: true })
  checkpoint!: NewestCheckpointDto | null;
}
