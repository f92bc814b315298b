import { createHmac } from 'node:crypto';
import { verifyEvent } from './verify-event.ts';

/** The example of Standard Webhooks' own libraries. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const BODY = '{"test": 2432232314}';
const HEADERS = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const OTHER = `whsec_${Buffer.from('another secret of the unit').toString('base64')}`;

beforeEach(() => {
  jest.useFakeTimers({ now: 1_614_265_330_000, doNotFake: ['nextTick', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a webhook of the gateway', () => {
  it('is verified from text or bytes, with headers as Node, Fetch and Express give them', async () => {
    const event = { test: 2_432_232_314 };
    expect(await verifyEvent(SECRET, HEADERS, BODY)).toEqual(event);
    expect(await verifyEvent(SECRET.slice(6), new Headers(HEADERS), Buffer.from(BODY))).toEqual(event);
    expect(await verifyEvent([OTHER, SECRET], { ...HEADERS, other: undefined }, BODY)).toEqual(event);
    const upper = Object.fromEntries(
      Object.entries(HEADERS).map(([name, value]) => [name.toUpperCase(), [value]]),
    );
    expect(await verifyEvent(SECRET, upper, BODY)).toEqual(event);
  });

  it('may carry several signatures while one secret takes the place of another', async () => {
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = HEADERS;
    const key = Buffer.from(OTHER.slice(6), 'base64');
    const second = createHmac('sha256', key).update(`${id}.${timestamp}.${BODY}`).digest('base64');
    const both = { ...HEADERS, 'webhook-signature': `v1a,AAAA v1,${second} ${signature}` };
    for (const secret of [SECRET, OTHER])
      await expect(verifyEvent(secret, both, BODY)).resolves.toBeDefined();
  });

  it.each([
    ['another secret', OTHER, HEADERS, BODY],
    ['no secret', '', HEADERS, BODY],
    ['no base64', 'whsec_*', HEADERS, BODY],
    ['another body', SECRET, HEADERS, `${BODY} `],
    ['another id', SECRET, { ...HEADERS, 'webhook-id': 'msg_other' }, BODY],
    ['another kind of signature', SECRET, { ...HEADERS, 'webhook-signature': 'v2,g0hM' }, BODY],
    ['no signature', SECRET, { ...HEADERS, 'webhook-signature': undefined }, BODY],
    ['a time that is none', SECRET, { ...HEADERS, 'webhook-timestamp': 'now' }, BODY],
  ] as const)('is refused with %s', async (_what, secret, headers, body) => {
    await expect(verifyEvent(secret, headers, body)).rejects.toThrow();
  });

  it.each([-301, 301])('is refused when it is %d s old', async (seconds) => {
    jest.setSystemTime(1_614_265_330_000 + seconds * 1000);
    await expect(verifyEvent(SECRET, HEADERS, BODY)).rejects.toThrow('too old');
  });
});
