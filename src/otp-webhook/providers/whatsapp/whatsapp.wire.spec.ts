import fc from 'fast-check';
import { readAnswer, readReceipts, templateMessage } from './whatsapp.wire';

const error = (code: number): object => ({ error: { code, message: 'whatever', type: 'OAuthException' } });

describe('Meta’s answer to a message', () => {
  it('is the authentication template’s, with the code in body and button', () => {
    const message = { deliveryId: 'the-delivery', to: '6281234567890', code: '123456', secondsLeft: 100 };
    expect(templateMessage(message, { name: 'otp_login', language: 'id' })).toEqual({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: '6281234567890',
      type: 'template',
      template: {
        name: 'otp_login',
        language: { code: 'id' },
        components: [
          { type: 'body', parameters: [{ type: 'text', text: '123456' }] },
          { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: '123456' }] },
        ],
      },
      biz_opaque_callback_data: 'the-delivery',
    });
  });

  it('names the message it took', () => {
    expect(readAnswer(200, { messages: [{ id: 'wamid.1', message_status: 'accepted' }] })).toEqual({
      outcome: 'accepted',
      messageId: 'wamid.1',
    });
  });

  it.each([undefined, {}, { messages: [] }, { messages: [{ id: '' }] }, '<html>', null])(
    'is unknown when 200 comes with %j',
    (body) => {
      expect(readAnswer(200, body).outcome).toBe('unknown');
    },
  );

  it.each([
    ['transient', [1, 2, 131000, 131016, 80007, 130429]],
    ['throttled', [131056]],
    ['recipient', [131026]],
    ['setup', [132000, 132001, 132005, 132007, 132015, 131008, 131009, 100, 131042, 190, 0, 131031, 368]],
    ['spam', [131048]],
  ])('means "%s" with the codes %j', (outcome, codes) => {
    for (const code of codes)
      expect(readAnswer(400, error(code))).toEqual({ outcome, errorCode: String(code) });
  });

  it('is to be repeated after 5xx and 429, also without Meta’s words', () => {
    for (const status of [429, 500, 502, 503])
      expect(readAnswer(status, '<html>')).toEqual({ outcome: 'transient', errorCode: `http_${status}` });
    expect(readAnswer(500, error(999_999))).toEqual({ outcome: 'transient', errorCode: '999999' });
  });

  it('is somebody’s to look at when the code is none we know', () => {
    const refused = { outcome: 'setup', unlisted: true };
    expect(readAnswer(400, error(999_999))).toEqual({ ...refused, errorCode: '999999' });
    expect(readAnswer(400, undefined)).toEqual({ ...refused, errorCode: 'http_400' });
    expect(readAnswer(403, undefined)).toEqual({ outcome: 'setup', errorCode: 'http_403' });
    for (const status of [404, 405, 409, 410, 451])
      expect(readAnswer(status, { message: 'no Route matched' })).toEqual({
        outcome: 'transient',
        errorCode: `http_${status}`,
      });
  });
});

describe('Meta’s receipts', () => {
  const wrap = (statuses: unknown): object => ({ entry: [{ changes: [{ value: { statuses } }] }] });

  it('are read one by one, the unreadable left out', () => {
    const deliveryId = '6f9c0d6e-7f0a-4a3c-9d53-0d8f3d1b8a55';
    const failed = { id: 'wamid.2', status: 'failed', errors: [{ code: 131026, title: 'x' }] };
    const read = { id: 'wamid.1', status: 'read', biz_opaque_callback_data: deliveryId };
    const unknown = { id: 'wamid.3', status: 'warned' };
    expect(readReceipts(wrap([read, { id: 7 }, null, unknown, failed]))).toMatchObject([
      { messageId: 'wamid.1', status: 'read', deliveryId },
      { messageId: 'wamid.2', status: 'failed', outcome: 'recipient', errorCode: '131026' },
    ]);
  });

  it('are none in any other notification', () => {
    fc.assert(fc.property(fc.jsonValue(), (body) => expect(readReceipts(body)).toEqual([])));
    expect(readReceipts({ entry: [{ changes: [{ value: { messages: [{}] } }, { value: 7 }] }] })).toEqual([]);
  });
});
