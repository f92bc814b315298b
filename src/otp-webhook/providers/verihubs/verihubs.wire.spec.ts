import { MessageTexts } from '../message-text';
import { CODE_MARK, otpRequest, readAnswer, readReceipts } from './verihubs.wire';

const deliveryId = '6f9c0d6e-7f0a-4a3c-9d53-0d8f3d1b8a55';
const session = 'd0f5fb5c-2d50-4d3f-aea7-20018ab15806';

describe('A message for Verihubs', () => {
  it('holds the code apart from a text that says where it goes, also in the unit’s own last line', () => {
    const texts = new MessageTexts({
      language: 'en',
      unitName: 'Nanovest',
      suffix: '@nanovest.example #{{code}}',
    });
    const template = texts.sms({ code: CODE_MARK, secondsLeft: 120 });
    const message = { deliveryId, to: '6281234567890', code: '123456', secondsLeft: 120 };
    expect(otpRequest(message, template, 'https://kyc.example.org/x')).toEqual({
      msisdn: '6281234567890',
      otp: '123456',
      template:
        '$OTP is your Nanovest verification code. Valid for 2 minutes. Do not share this code with anyone.\n@nanovest.example #$OTP',
      callback_url: 'https://kyc.example.org/x',
    });
  });
});

describe('Verihubs’ answer', () => {
  it('names the message it took', () => {
    expect(readAnswer(201, { message: 'OTP sent successfully', session_id: session })).toEqual({
      outcome: 'accepted',
      messageId: session,
    });
  });

  it('is unknown when 201 comes without a message', () => {
    for (const body of [undefined, {}, { session_id: '' }])
      expect(readAnswer(201, body).outcome).toBe('unknown');
  });

  it.each([
    [400, { outcome: 'setup', unlisted: true }],
    [401, { outcome: 'setup' }],
    [403, { outcome: 'setup' }],
    [404, { outcome: 'transient' }],
    [409, { outcome: 'recipient' }],
    [429, { outcome: 'transient' }],
    [503, { outcome: 'transient' }],
  ])('%i is judged by its status alone', (status, refusal) => {
    expect(readAnswer(status, { message: 'x' })).toEqual({ ...refusal, errorCode: `http_${status}` });
  });
});

describe('Verihubs’ callback', () => {
  const read = (status: unknown): unknown => readReceipts({ session_id: session, status }, deliveryId);

  it.each([
    ['0', 'sent', undefined],
    ['1', 'delivered', undefined],
    ['4', 'failed', 'recipient'],
    ['5', 'failed', 'transient'],
    ['6', 'failed', 'transient'],
    ['7', 'failed', 'recipient'],
    ['8', 'sent', undefined],
    ['9', 'failed', 'recipient'],
  ])('status %s is %s', (word, status, outcome) => {
    const failure = outcome === undefined ? { errorCode: undefined } : { outcome, errorCode: word };
    expect(read(word)).toMatchObject([
      { provider: 'verihubs', messageId: session, deliveryId, status, ...failure },
    ]);
  });

  it.each(['2', '3', '10'])('status %s says nothing about delivery', (word) => {
    expect(read(word)).toEqual([]);
  });

  it.each([undefined, '', 'delivered', ['1', '7']])('is nothing with the status %j', (word) => {
    expect(() => read(word)).toThrow('This is no delivery report.');
  });
});
