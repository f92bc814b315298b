import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsUrl } from 'class-validator';
import { OptionalField } from '../../platform/http';
import { COE_FLOWS, type CoeFlow, type Theme, THEMES } from '../partner/coe.client';
import { LaunchDto } from './hosted-flow.dto';

/** What GTF is to check, and how its screens look. */
export class StartCoeFlowDto extends LaunchDto {
  @ApiProperty({ enum: COE_FLOWS, enumName: 'CoeFlow', example: 'KTP_SCAN' })
  @IsIn(COE_FLOWS)
  flow!: CoeFlow;

  @ApiPropertyOptional({ enum: THEMES, example: 'NO_PREFERENCE' })
  @OptionalField()
  @IsIn(THEMES)
  theme?: Theme;

  @ApiPropertyOptional({
    format: 'uri',
    example: 'https://files.nanovest.example/reference/1.jpg',
    description: 'The face to compare with, where the flow compares; GTF fetches it. Never stored here',
  })
  @OptionalField()
  @IsUrl({ protocols: ['https'], require_protocol: true })
  referenceImageUrl?: string;

  @ApiPropertyOptional({
    example: false,
    description: 'On a computer: whether a QR code may lead to the phone',
  })
  @OptionalField()
  @IsBoolean()
  allowQr?: boolean;

  @ApiPropertyOptional({ example: false, description: 'On a computer: whether only a phone will do' })
  @OptionalField()
  @IsBoolean()
  forceQr?: boolean;

  @ApiPropertyOptional({ example: true })
  @OptionalField()
  @IsBoolean()
  portraitOnly?: boolean;
}
