import fc from 'fast-check';
import { readAnswer, readReceipts } from './twilio.wire';

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
    expect(readAnswer(400, { code: 21_612 })).toEqual({
      outcome: 'setup',
      unlisted: true,
      errorCode: '21612',
    });
    expect(readAnswer(401, undefined)).toEqual({ outcome: 'setup', errorCode: 'http_401' });
    for (const status of [404, 405, 409, 410, 451])
      expect(readAnswer(status, { message: 'no Route matched' })).toEqual({
        outcome: 'transient',
        errorCode: `http_${status}`,
      });
    expect(readAnswer(404, { code: 20_404 })).toEqual({ outcome: 'setup', errorCode: '20404' });
  });
});

describe('Twilio’s status callback', () => {
  const read = (form: Record<string, string>, delivery?: string): unknown =>
    readReceipts(Buffer.from(new URLSearchParams(form).toString()), delivery);
  const deliveryId = '6f9c0d6e-7f0a-4a3c-9d53-0d8f3d1b8a55';

  it('names message, delivery, status and error', () => {
    const form = { MessageSid: 'SM1', MessageStatus: 'undelivered', ErrorCode: '30003' };
    expect(read(form, deliveryId)).toEqual([
      {
        provider: 'twilio',
        messageId: 'SM1',
        deliveryId,
        status: 'failed',
        outcome: 'recipient',
        errorCode: '30003',
      },
    ]);
  });

  it('may come without an error, and with a delivery that is none of ours', () => {
    const form = { MessageSid: 'SM1', MessageStatus: 'sent', ErrorCode: '' };
    expect(read(form, 'x')).toMatchObject([{ messageId: 'SM1', status: 'sent', deliveryId: undefined }]);
  });

  it('fails with a code that we do not know, or without one, as somebody’s to look at or to be repeated', () => {
    const form = { MessageSid: 'SM1', MessageStatus: 'failed' };
    expect(read({ ...form, ErrorCode: '99999' })).toMatchObject([{ outcome: 'setup' }]);
    expect(read(form)).toMatchObject([{ outcome: 'transient', errorCode: undefined }]);
  });

  it('says nothing new with "queued" and the like', () => {
    expect(read({ MessageSid: 'SM1', MessageStatus: 'queued' })).toEqual([]);
  });

  it('is not any other form', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (form) => {
        expect(() => read(form)).toThrow('This is no status callback.');
      }),
    );
  });
});
