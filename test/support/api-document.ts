import { resolved } from './reference';
import type { TestGateway } from './test-gateway';

/** A parameter of a route, in its path, query or headers. */
export interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
  readonly example?: unknown;
  readonly schema?: Schema;
}

/** One route as the OpenAPI document has it. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly summary?: string;
  readonly tags: readonly string[] | undefined;
  readonly parameters: readonly Parameter[] | undefined;
  readonly security: readonly Record<string, unknown>[] | undefined;
  readonly responses: Readonly<
    Record<string, { readonly description?: string; readonly content?: Readonly<Record<string, Content>> }>
  >;
  readonly requestBody: { readonly content: Readonly<Record<string, Content>> } | undefined;
}

export interface Content {
  readonly schema: Schema;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

export interface Schema {
  readonly $ref?: string;
  readonly example?: unknown;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** The running gateway's own OpenAPI document: a route that is written tomorrow is in it. */
export class ApiDocument {
  private constructor(
    readonly operations: readonly Operation[],
    private readonly schemas: Readonly<Record<string, Schema>>,
  ) {}

  static async of(gateway: TestGateway): Promise<ApiDocument> {
    const { body } = await gateway.http.get('/openapi.json');
    const paths = body.paths as Record<string, Record<string, Omit<Operation, 'method' | 'path'>>>;
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { security, parameters, responses, ...operation }]) => ({
        ...operation,
        security: security?.length === 0 ? undefined : security,
        parameters: parameters?.map((one) => resolved(one, body)),
        responses: Object.fromEntries(
          Object.entries(responses).map(([status, one]) => [status, resolved(one, body)]),
        ),
        method: method.toUpperCase(),
        path,
      })),
    );
    return new ApiDocument(operations, body.components.schemas as Record<string, Schema>);
  }

  /** The JSON bodies that the document shows. */
  examples({ requestBody }: Operation): unknown[] {
    const content = requestBody?.content['application/json'];
    if (content === undefined) return [];
    const { schema, examples } = content;
    return examples === undefined
      ? [this.#example(schema)]
      : Object.values(examples).map(({ value }) => value);
  }

  /** The fields of a schema at its top. */
  properties(schema: Schema | undefined): Readonly<Record<string, Schema>> {
    if (schema === undefined) return {};
    if (schema.$ref !== undefined) return this.properties(this.schemas[schema.$ref.split('/').at(-1) ?? '']);
    return schema.properties ?? {};
  }

  /** What Swagger UI puts into the request body before a person edits it. */
  #example(schema: Schema): unknown {
    if (schema.example !== undefined) return schema.example;
    if (schema.$ref !== undefined)
      return this.#example(this.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
    if (schema.properties !== undefined)
      return Object.fromEntries(
        Object.entries(schema.properties).map(([name, inner]) => [name, this.#example(inner)]),
      );
    return schema.default ?? schema.enum?.[0] ?? 'string';
  }
}
