import type { OpenAPIObject } from '@nestjs/swagger';
import { operationsOf } from './openapi-document';

const TAG = 'Onboarding in six calls';
/** In their order; Swagger UI shows an answer when it is complete, which that of a stream is only at its end. */
const CALLS: readonly (readonly [method: 'get' | 'post' | 'put', path: string, words: string])[] = [
  ['post', '/v1/gtf/submissions', '1. Create'],
  ['put', '/v1/gtf/submissions/{id}/documents/{type}', '2. Upload'],
  ['post', '/v1/gtf/submissions/{id}/confirm', '3. Confirm'],
  ['get', '/v1/submissions/{id}', '4. Watch, until it is verified'],
  ['post', '/v1/submissions/{id}/approve', '5. Decide'],
  ['post', '/v1/submissions/{id}/share', '6. Share'],
];
const DESCRIPTION =
  'A person from the first call to the end. **Authorize** both the person (`user`) and the back office; the ids of an answer are filled in below.';
const SENT = {
  user: 'Sends the person’s token.',
  'back-office': 'Sends the back office’s credential.',
  'otp-webhook': 'Sends SIMAS-ID’s credential.',
} as const;
const EITHER = 'Sends the back office’s credential when it is authorised, else the person’s token.';

/** The document as the page shows it: the six calls first, each route with what it sends, and no credentials that only partners have. */
export function documentOfPage(whole: OpenAPIObject): OpenAPIObject {
  const document = structuredClone(whole);
  const schemes = (document.components ??= {}).securitySchemes;
  for (const name of Object.keys(schemes ?? {})) if (!(name in SENT)) delete schemes?.[name];
  for (const operation of Object.values(document.paths).flatMap(operationsOf)) {
    const names = (operation.security ?? []).flatMap((scheme) => Object.keys(scheme));
    const usable = names.filter((name): name is keyof typeof SENT => name in SENT);
    operation.security = usable.map((name) => ({ [name]: [] }));
    const [first, ...others] = usable;
    const sent = first === undefined ? undefined : others.length > 0 ? EITHER : SENT[first];
    operation.description = [operation.description, sent].filter(Boolean).join('\n\n');
    // The plugin finds a field by its parameter, not by a reference to it.
    operation.parameters = operation.parameters?.map((one) => parameterOf(one, document)) ?? [];
  }
  for (const [method, path, words] of CALLS) {
    const operation = document.paths[path]?.[method];
    if (operation === undefined) throw new Error(`the document has no ${method} ${path}`);
    operation.tags = [TAG, ...(operation.tags ?? [])];
    operation.summary = `${words}: ${operation.summary ?? ''}`;
  }
  const first = CALLS.map(([, path]) => [path, document.paths[path] ?? {}]);
  document.paths = { ...(Object.fromEntries(first) as OpenAPIObject['paths']), ...document.paths };
  document.tags = [{ name: TAG, description: DESCRIPTION }, ...(document.tags ?? [])];
  return document;
}

type Parameter = NonNullable<ReturnType<typeof operationsOf>[number]['parameters']>[number];

function parameterOf(parameter: Parameter, { components }: OpenAPIObject): Parameter {
  if (!('$ref' in parameter)) return parameter;
  return components?.parameters?.[parameter.$ref.split('/').at(-1) ?? ''] ?? parameter;
}

/** As much of Swagger UI as the plugin touches. */
interface Immutable {
  get(name: string): unknown;
  forEach(each: (value: Immutable, name: string) => void): void;
}
interface System {
  readonly React: { createElement(type: string, props: null, text: unknown): unknown };
  readonly specSelectors: { specJson(): Immutable };
  readonly specActions: {
    changeParamByIdentity(at: readonly [string, string], parameter: Immutable, value: string): void;
  };
}
interface ShownAnswer {
  readonly ok?: boolean;
  readonly body?: {
    readonly submissionId?: string;
    readonly documents?: readonly { readonly type: string }[];
  };
}

/**
 * A plugin of Swagger UI: what one call answers, the next ones ask for. Its source is written into the page's script, so everything it
 * uses stands in it. Partners' routes and streams are not offered for trying, and no link stands within a button.
 */
export function onboardingPlugin({ React }: Pick<System, 'React'>): object {
  const isOfSubmission = /^\/v1\/(gtf\/)?submissions\/\{id\}/;
  const isNotTried = /^\/coe\/|^\/v1\/webhooks\/(?!otp)|\/stream$/;
  const fill = (system: System, name: string, value: string | undefined): void => {
    if (value === undefined) return;
    (system.specSelectors.specJson().get('paths') as Immutable).forEach((operations, path) => {
      if (!isOfSubmission.test(path)) return;
      operations.forEach((operation, method) => {
        (operation.get('parameters') as Immutable | undefined)?.forEach((parameter) => {
          if (parameter.get('in') === 'path' && parameter.get('name') === name)
            system.specActions.changeParamByIdentity([path, method], parameter, value);
        });
      });
    });
  };
  return {
    components: {
      DeepLink: ({ text }: { readonly text: unknown }) => React.createElement('span', null, text),
    },
    statePlugins: {
      spec: {
        wrapSelectors: {
          allowTryItOutFor: () => (_state: unknown, path: string) => !isNotTried.test(path),
        },
        wrapActions: {
          setResponse:
            (original: (...given: unknown[]) => unknown, system: System) =>
            (path: string, method: string, answer: ShownAnswer): unknown => {
              if (answer.ok === true && method === 'post') {
                fill(system, 'id', answer.body?.submissionId);
                fill(system, 'type', answer.body?.documents?.[0]?.type);
              }
              return original(path, method, answer);
            },
        },
      },
    },
  };
}
