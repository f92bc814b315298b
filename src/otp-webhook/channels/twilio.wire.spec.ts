import fc from 'fast-check';
import { outcomeOfTwilioCode, readAnswer, readStatusCallback } from './twilio.wire';

describe('Twilio’s answer to a message', () => {
  it('names the message it took', () => {
    expect(readAnswer(201, { sid: 'SM1', status: 'queued' })).toEqual({
      outcome: 'accepted',
      messageId: 'SM1',
    });
  });

  it('is unknown when 201 comes without a message', () => {
    for (const body of [undefined, {}, '<html>', { sid: 'SM\0' }, { sid: '\ud800' }])
      expect(readAnswer(201, body).outcome).toBe('unknown');
  });

  it.each([
    ['transient', [20429, 30008, 30001, 30036]],
    ['recipient', [21211, 21614, 21610, 30003, 30004, 30005, 30006]],
    ['setup', [20003, 21408, 21606]],
    ['spam', [30007]],
  ])('means "%s" with the codes %j', (outcome, codes) => {
    for (const code of codes) expect(readAnswer(400, { code })).toEqual({ outcome, errorCode: String(code) });
  });

  it('is to be repeated after 5xx and 429, and else somebody’s to look at', () => {
    for (const status of [429, 500, 503]) expect(readAnswer(status, undefined).outcome).toBe('transient');
    expect(outcomeOfTwilioCode(99_999)).toBe('setup');
    expect(readAnswer(400, { code: 21_612 })).toEqual({
      outcome: 'setup',
      unlisted: true,
      errorCode: '21612',
    });
    expect(readAnswer(401, undefined)).toEqual({ outcome: 'setup', errorCode: 'http_401' });
  });
});

describe('Twilio’s status callback', () => {
  it('names message, status and error', () => {
    const form = new URLSearchParams({ MessageSid: 'SM1', MessageStatus: 'undelivered', ErrorCode: '30003' });
    expect(readStatusCallback(form)).toEqual({ messageId: 'SM1', status: 'undelivered', errorCode: 30003 });
  });

  it('may come without an error', () => {
    const form = new URLSearchParams({ MessageSid: 'SM1', MessageStatus: 'sent', ErrorCode: '' });
    expect(readStatusCallback(form)).toMatchObject({ messageId: 'SM1', status: 'sent' });
  });

  it('is not any other form', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (form) => {
        expect(readStatusCallback(new URLSearchParams(form))).toBeUndefined();
      }),
    );
  });
});
