import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyEvent } from './verify-event.ts';

interface Webhook {
  readonly description: string;
  readonly parameters: readonly {
    readonly $ref?: string;
    readonly name?: string;
    readonly example?: string;
  }[];
  readonly requestBody: { readonly content: { readonly 'application/json': { readonly example: object } } };
}

const { webhooks, components } = JSON.parse(
  readFileSync(join(__dirname, '..', '..', 'openapi.json'), 'utf8'),
) as {
  webhooks: Readonly<Record<string, { readonly post: Webhook }>>;
  components: {
    schemas: { EventType: { enum: readonly string[] } };
    parameters: Readonly<Record<string, { readonly name: string; readonly example: string }>>;
  };
};

afterEach(() => jest.useRealTimers());

describe('the API’s document', () => {
  it('describes a webhook for each type of event', () => {
    expect(Object.keys(webhooks).sort()).toEqual([...components.schemas.EventType.enum].sort());
  });

  it.each(Object.entries(webhooks))('shows a %s that is signed', async (type, { post }) => {
    const headers = Object.fromEntries(
      post.parameters.map((parameter) => {
        const { name, example } = components.parameters[parameter.$ref?.split('/').at(-1) ?? ''] ?? parameter;
        return [name, example];
      }),
    );
    const [secret = ''] = /whsec_[A-Za-z0-9+/=]+/.exec(post.description) ?? [];
    const { example } = post.requestBody.content['application/json'];
    jest.useFakeTimers({
      now: Number(headers['webhook-timestamp']) * 1000,
      doNotFake: ['nextTick', 'setImmediate'],
    });
    expect(await verifyEvent(secret, headers, JSON.stringify(example))).toMatchObject({ type });
    await expect(verifyEvent(secret, headers, `${JSON.stringify(example)} `)).rejects.toThrow();
  });
});
