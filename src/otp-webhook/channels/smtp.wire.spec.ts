import { classifySmtpFailure, type SmtpFailure } from './smtp.wire';

const judged = (failure: SmtpFailure, begun = false): string => classifySmtpFailure(failure, begun).outcome;
const reply = (response: string, more: SmtpFailure = {}): SmtpFailure => ({
  response,
  responseCode: Number(response.slice(0, 3)),
  ...more,
});

describe('A failed SMTP session', () => {
  it.each(['ECONNECTION', 'ESOCKET', 'EDNS', 'ETIMEDOUT', 'EPROTOCOL'])(
    'is to be repeated after %s before the message, and unknown after it',
    (code) => {
      expect(judged({ code })).toBe('transient');
      expect(judged({ code }, true)).toBe('unknown');
    },
  );

  it('is our set-up when TLS or the password fails', () => {
    expect(judged({ code: 'ETLS' })).toBe('setup');
    expect(judged(reply('535 5.7.8 Authentication credentials invalid', { code: 'EAUTH' }))).toBe('setup');
    expect(
      judged(reply('530 Must issue a STARTTLS command first', { code: 'EENVELOPE', command: 'MAIL FROM' })),
    ).toBe('setup');
    expect(judged(reply('550 Sender rejected', { code: 'EENVELOPE', command: 'MAIL FROM' }))).toBe('setup');
  });

  it('is to be repeated when the password cannot be checked just now', () => {
    expect(judged(reply('454 4.7.0 Temporary authentication failure', { code: 'EAUTH' }))).toBe('transient');
  });

  it.each([
    '550 5.1.1 No such user',
    '551 User not local',
    '552 Mailbox full',
    '553 Mailbox name not allowed',
  ])('is the recipient’s after %s', (response) => {
    expect(judged(reply(response, { code: 'EENVELOPE', command: 'RCPT TO' }))).toBe('recipient');
    expect(judged(reply(response, { code: 'EMESSAGE', command: 'DATA' }), true)).toBe('recipient');
  });

  it.each(['421 Service not available', '450 Mailbox busy', '451 Local error', '452 Insufficient storage'])(
    'is to be repeated after %s, also when the whole message was sent',
    (response) => {
      expect(judged(reply(response, { code: 'EENVELOPE', command: 'RCPT TO' }))).toBe('transient');
      expect(judged(reply(response, { code: 'EMESSAGE', command: 'DATA' }), true)).toBe('transient');
    },
  );

  it.each(['421 4.7.0 Try again later', '451 4.7.1 Policy', '550 5.7.1 Blocked', '554 5.7.1 Rejected'])(
    'is a spam guard’s after %s',
    (response) => {
      expect(judged(reply(response, { code: 'EMESSAGE', command: 'DATA' }), true)).toBe('spam');
    },
  );

  it('may be about this one mailbox after any other 5xx', () => {
    const refusal = reply('554 No', { code: 'EENVELOPE', command: 'RCPT TO' });
    expect(classifySmtpFailure(refusal, false)).toEqual({
      outcome: 'setup',
      unlisted: true,
      errorCode: '554',
    });
  });

  it('shows the reply’s code, never its text', () => {
    const result = classifySmtpFailure(reply('550 5.1.1 <jane@example.org> unknown'), false);
    expect(result).toEqual({ outcome: 'recipient', errorCode: '550' });
  });
});
