import fc from 'fast-check';
import { contentTypeOf, fillTemplate, readAnswer } from './http.wire';

describe('The configured SMS request', () => {
  const json = '{"recipient_number":"{{to}}","message_body":"{{message}}","again":"{{to}}"}';
  const form = 'userkey=k&to={{to}}&message={{message}}';

  it('stays the same JSON whatever the message holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        const body = fillTemplate(json, { to: '6281234567890', message }, 'application/json; charset=utf-8');
        expect(JSON.parse(body)).toEqual({
          recipient_number: '6281234567890',
          message_body: message,
          again: '6281234567890',
        });
      }),
    );
  });

  it('stays the same form whatever the message holds', () => {
    fc.assert(
      fc.property(fc.string(), (message) => {
        const body = fillTemplate(
          form,
          { to: '6281234567890', message },
          'application/x-www-form-urlencoded',
        );
        expect([...new URLSearchParams(body)]).toEqual([
          ['userkey', 'k'],
          ['to', '6281234567890'],
          ['message', message],
        ]);
      }),
    );
  });

  it('is what its header says, else what it looks like', () => {
    expect(contentTypeOf({ 'content-type': 'application/vnd.x+json' }, form)).toBe('application/vnd.x+json');
    expect(contentTypeOf({}, ` ${json}`)).toBe('application/json');
    expect(contentTypeOf({}, form)).toBe('application/x-www-form-urlencoded');
  });
});

describe('The aggregator’s answer', () => {
  it('is success with any 2xx, and the message’s id where the path says', () => {
    expect(readAnswer('data.msg_id')(202, { data: { msg_id: 77 } })).toEqual({
      outcome: 'accepted',
      messageId: '77',
    });
    for (const [body, path] of [
      [{ data: {} }, 'data.msg_id'],
      [undefined, 'msg_id'],
      [{ msg_id: {} }, 'msg_id'],
      [{ msg_id: 'with a NUL \0' }, 'msg_id'],
      [{ msg_id: '\ud800' }, 'msg_id'],
      [{ msg_id: 'x'.repeat(257) }, 'msg_id'],
      [{ msg_id: 'x' }, undefined],
    ] as const)
      expect(readAnswer(path)(200, body)).toEqual({ outcome: 'accepted', messageId: undefined });
  });

  it.each([
    ['transient', [404, 405, 407, 408, 410, 421, 425, 429, 451, 500, 502, 503]],
    ['recipient', [409, 422]],
    ['setup', [401, 402, 403]],
  ])('means "%s" with the statuses %j', (outcome, statuses) => {
    for (const status of statuses)
      expect(readAnswer(undefined)(status, {})).toEqual({ outcome, errorCode: `http_${status}` });
  });

  it('may be about this one number with any other status', () => {
    for (const status of [301, 400, 413, 415])
      expect(readAnswer(undefined)(status, {})).toEqual({
        outcome: 'setup',
        unlisted: true,
        errorCode: `http_${status}`,
      });
  });
});
