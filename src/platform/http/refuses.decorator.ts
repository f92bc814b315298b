import { ApiProperty, ApiResponse } from '@nestjs/swagger';
import { titleOf } from '../errors';

/** One field of the input that was refused. */
export class FieldProblem {
  @ApiProperty({ example: 'phoneNumber', description: 'Path of the field in the request' })
  field!: string;

  @ApiProperty({ example: 'must be an Indonesian mobile number', description: 'Why it was refused' })
  message!: string;
}

/** RFC 9457 problem details, the shape of every error of this API (the OTP webhook alone answers otherwise). */
export class Problem {
  @ApiProperty({ pattern: '^urn:kyc-gateway:error:[a-z_]+$', example: 'urn:kyc-gateway:error:not_found' })
  type!: string;

  @ApiProperty({ example: 'Not Found' })
  title!: string;

  @ApiProperty({ type: 'integer', minimum: 400, maximum: 599, example: 404 })
  status!: number;

  @ApiProperty({
    example: 'There is nothing at this address for you.',
    description: 'For people; may change',
  })
  detail!: string;

  @ApiProperty({ example: 'not_found', description: 'For programs; stable' })
  code!: string;

  @ApiProperty({
    example: '0b6e3c9e-3c1b-4f5e-9d0a-2f1f4f7f8a11',
    description: 'As in the `X-Request-Id` header',
  })
  requestId!: string;

  @ApiProperty({ type: [FieldProblem], required: false })
  errors?: FieldProblem[];

  @ApiProperty({
    type: [String],
    required: false,
    description: 'Of `ambiguous_person`: everybody who may be meant',
  })
  personIds?: string[];
}

/** A documented refusal: status, stable code, and in plain words when it happens. */
export type Refusal = readonly [status: number, code: string, when: string];

/**
 * Documents what a route refuses and why. Several codes of one status become one entry with several examples, also when they come from
 * several decorators of the route.
 */
export function Refuses(...refusals: readonly Refusal[]): MethodDecorator {
  const byStatus = new Map<number, Refusal[]>();
  for (const refusal of refusals) byStatus.set(refusal[0], [...(byStatus.get(refusal[0]) ?? []), refusal]);
  return (target, name, descriptor) => {
    for (const [status, list] of byStatus) {
      const { description, content } = refusalAnswer(list);
      // Nest joins the descriptions of one status, but not what its `content` holds.
      const { schema, examples } = content[PROBLEM_TYPE];
      const all = { ...documentedExamples(descriptor.value, status), ...examples };
      const joined = { [PROBLEM_TYPE]: { schema, examples: all } };
      ApiResponse({ status, description, content: joined })(target, name, descriptor);
    }
  };
}

const PROBLEM_TYPE = 'application/problem+json';

function documentedExamples(route: unknown, status: number): RefusalExamples {
  const documented = Reflect.getMetadata('swagger/apiResponse', route as object) as
    Record<number, Partial<RefusalAnswer>> | undefined;
  return documented?.[status]?.content?.[PROBLEM_TYPE].examples ?? {};
}

type RefusalExamples = Record<string, { value: object }>;

interface RefusalAnswer {
  readonly description: string;
  readonly content: {
    readonly 'application/problem+json': {
      readonly schema: { readonly $ref: string };
      readonly examples: RefusalExamples;
    };
  };
}

/** Refusals of one status, as OpenAPI has them. */
export function refusalAnswer(refusals: readonly Refusal[]): RefusalAnswer {
  return {
    description: refusals.map(([, code, when]) => `\`${code}\`: ${when}`).join('\n\n'),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(
          refusals.map(([status, code, when]) => [code, { value: example(status, code, when) }]),
        ),
      },
    },
  };
}

function example(status: number, code: string, detail: string): object {
  return {
    type: `urn:kyc-gateway:error:${code}`,
    title: titleOf(status),
    status,
    detail,
    code,
    requestId: '0b6e3c9e-3c1b-4f5e-9d0a-2f1f4f7f8a11',
  };
}

/** What any route that asks a partner may answer (contract §2). */
export const PARTNER_REFUSALS: readonly Refusal[] = [
  [422, 'partner_refused', 'the partner understood and said no'],
  [501, 'partner_not_configured', 'the business unit has no credentials for this partner'],
  [502, 'partner_error', 'the partner answered something that cannot be used'],
  [503, 'partner_unavailable', 'the partner cannot be reached; retry after `Retry-After` seconds'],
  [504, 'partner_timeout', 'the partner did not answer in time'],
];
