import { table } from '../operators-guide.fixture';
import { classifySmtpFailure, isNo, isTaken, type SmtpFailure } from './smtp.wire';

const judged = (failure: SmtpFailure, begun = false): string => classifySmtpFailure(failure, begun).outcome;
const toRcpt = (response: string): SmtpFailure => ({ response, code: 'EENVELOPE', command: 'RCPT TO' });
const toMail = (response: string): SmtpFailure => ({ response, code: 'EENVELOPE', command: 'MAIL FROM' });
const toData = (response: string): SmtpFailure => ({ response, code: 'EMESSAGE', command: 'DATA' });
const toAuth = (response: string): SmtpFailure => ({ response, code: 'EAUTH', command: 'AUTH PLAIN' });
const greeting = (response: string): SmtpFailure => ({ response, code: 'EPROTOCOL', command: 'CONN' });

describe('A failed SMTP session', () => {
  it.each(['ECONNECTION', 'ESOCKET', 'EDNS', 'ETIMEDOUT', 'EPROTOCOL'])(
    'is to be repeated after %s before the message, and unknown after it',
    (code) => {
      expect(judged({ code })).toBe('transient');
      expect(judged({ code }, true)).toBe('unknown');
    },
  );

  it('is our set-up when TLS or the log-in cannot work', () => {
    expect(judged({ code: 'ETLS' })).toBe('setup');
    expect(judged({ code: 'ETLS', command: 'STARTTLS', response: '502 5.5.1 Not implemented' })).toBe(
      'setup',
    );
    expect(judged({ code: 'EAUTH', command: 'API' })).toBe('setup');
    expect(judged({ code: 'ESOCKET', originalCode: 'CERT_HAS_EXPIRED' })).toBe('setup');
    expect(judged({ code: 'ESOCKET', originalCode: 'DEPTH_ZERO_SELF_SIGNED_CERT' })).toBe('setup');
    expect(judged({ code: 'ESOCKET', originalCode: 'ERR_TLS_CERT_ALTNAME_INVALID' })).toBe('setup');
    expect(judged({ code: 'ESOCKET', originalCode: 'ECONNREFUSED' })).toBe('transient');
  });

  it.each([
    toAuth('535 5.7.8 Authentication credentials invalid'),
    toAuth('534 5.7.9 Application-specific password required'),
    toMail('530 Must issue a STARTTLS command first'),
    toMail('530 5.7.0 Authentication required'),
    toMail('550 Sender rejected'),
    toMail('550 5.1.0 Address rejected'),
    toRcpt('550 5.1.8 <no-reply@nanovest.example>: Sender address rejected: Domain not found'),
    toRcpt('553 5.1.7 The sender’s address cannot be one'),
    toRcpt('550 5.1.0 <no-reply@nanovest.example>: Sender address rejected: User unknown'),
    toRcpt('554 5.7.1 <jane@example.org>: Relay access denied'),
    toRcpt('550 5.7.1 Unable to relay'),
    toRcpt('550 Relaying is prohibited'),
    toRcpt('530 5.7.0 Authentication required'),
    toRcpt('550 5.7.0 Local mails from unauthenticated senders are rejected'),
    toRcpt(
      '550 5.1.90 Your message can’t be sent because you’ve reached your daily limit for message recipients',
    ),
    toData('550 5.4.5 Daily user sending quota exceeded'),
    toRcpt('550-5.4.5 Daily user sending quota exceeded\n550 5.4.5 see the help page'),
    toData('550 Domain nanovest.example has exceeded the max emails per hour'),
    greeting('554 No SMTP service here'),
    greeting('550 Access denied'),
  ])('is our set-up, true of every mail: $response', (failure) => {
    expect(classifySmtpFailure(failure, failure.command === 'DATA')).toEqual({
      outcome: 'setup',
      errorCode: failure.response?.slice(0, 3),
    });
  });

  it.each([
    '550 5.1.1 No such user',
    '556 5.1.10 Recipient address has null MX',
    '554 5.1.2 Bad destination system address',
    '501 5.1.3 Bad recipient address syntax',
    '550 5.1.0 Address rejected',
    '550 #5.1.0 Address rejected.',
    '550 5.1.6 Mailbox has moved',
    '550 5.2.1 The account is disabled',
    '552 5.2.2 The account is over quota',
    '554 5.2.2 Mailbox full',
    '550-5.1.1 The email account does not exist.\n550 5.1.1 Check for typos',
    '550 5.4.1 Recipient address rejected: Access denied',
    '550 No such user',
    '551 User not local',
    '552 Mailbox full',
    '553 Mailbox name not allowed',
  ])('is the recipient’s after %s', (response) => {
    const errorCode = response.slice(0, 3);
    expect(classifySmtpFailure(toRcpt(response), false)).toEqual({ outcome: 'recipient', errorCode });
    const atTheEnd = classifySmtpFailure(toData(response), true);
    expect(atTheEnd.outcome).toBe(
      errorCode === '501' || errorCode === '554' ? atTheEnd.outcome : 'recipient',
    );
  });

  it.each(['556 Domain does not accept mail', '501 Syntax error in the address'])(
    'is the recipient’s after %s in answer to their address',
    (response) => expect(judged(toRcpt(response))).toBe('recipient'),
  );

  it.each([
    '421 Service not available',
    '421 4.7.0 Try again later',
    '450 Mailbox busy',
    '450 4.1.1 Recipient address rejected: unverified address',
    '451 Local error',
    '451 4.7.1 Greylisting in action, please come back later',
    '451 4.7.1 Message looks like spam, policy says later',
    '452 4.2.2 Mailbox full',
    '452 Insufficient storage',
    '454 4.7.1 Relay access denied',
    '550 4.4.7 A reply that says two things: the enhanced code counts',
    '450 5.1.1 The other way round',
  ])('is to be repeated after %s, also when the whole message was sent', (response) => {
    expect(judged(toRcpt(response))).toBe('transient');
    expect(judged(toData(response), true)).toBe('transient');
    expect(judged(toMail(response))).toBe('transient');
  });

  it('says nothing about the channel when one recipient is to wait', () => {
    const holdsOthers = (failure: SmtpFailure): boolean =>
      classifySmtpFailure(failure, false).aboutRecipient !== true;
    expect(holdsOthers(toRcpt('451 4.7.1 Greylisted'))).toBe(false);
    expect(holdsOthers(toData('452 4.2.2 Mailbox full'))).toBe(false);
    expect(holdsOthers(toData('451 Local error'))).toBe(false);
    expect(holdsOthers(toData('452 4.3.1 Insufficient system storage'))).toBe(true);
    expect(holdsOthers(toMail('451 4.3.0 Queue file write error'))).toBe(true);
    expect(holdsOthers(toAuth('454 4.7.0 Temporary authentication failure'))).toBe(true);
    expect(holdsOthers(toRcpt('421 4.3.2 Shutting down'))).toBe(true);
  });

  it.each([
    toRcpt('554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using a list'),
    toRcpt('550 5.7.1 Your IP has a poor reputation'),
    toData('554 5.7.1 Spam message rejected'),
    toData('554 Message looks like SPAM'),
    toData('552 5.7.0 This message was judged to be spam'),
    toData('550 5.7.26 Unauthenticated: DMARC policy'),
    toData('550 5.7.1 Blocked'),
    greeting('554 5.7.1 You are on a blocklist'),
  ])('is a spam guard’s after $response', (failure) => {
    expect(judged(failure, failure.command === 'DATA')).toBe('spam');
  });

  it.each([
    '554 No',
    '554 5.7.1 Recipient address rejected',
    '553 not in my list of allowed hosts (#5.7.1)',
    '500 What?',
  ])('may be about this one mailbox after %s', (response) => {
    const errorCode = response.slice(0, 3);
    expect(classifySmtpFailure(toRcpt(response), false)).toEqual({
      outcome: 'setup',
      unlisted: true,
      errorCode,
    });
  });

  it('does not take the words of an address for the server’s', () => {
    const response =
      '550 Unknown: <daily.sending.limit.spam@example.org> daily.sending.limit.spam@example.org';
    expect(judged(toRcpt(response))).toBe('recipient');
  });

  it.each(['~~~ nonsense ~~~', '999 5.1.1 No such user', '55', '354 Go on', '235 Welcome'])(
    'with "%s" for a reply is to be repeated before the message, and unknown after it',
    (response) => {
      for (const failure of [toAuth(response), toRcpt(response), greeting(response)])
        expect(judged(failure)).toBe('transient');
      expect(judged(toData(response), true)).toBe('unknown');
    },
  );

  it('shows the reply’s code, never its text', () => {
    const result = classifySmtpFailure(toRcpt('550 5.1.1 <jane@example.org> unknown'), false);
    expect(result).toEqual({ outcome: 'recipient', errorCode: '550' });
  });
});

describe('The last word of a server', () => {
  it('takes a message only when it says so', () => {
    expect(['250 2.0.0 Ok: queued', '250', '250-Ok\n250 queued'].map(isTaken)).toEqual([true, true, true]);
    expect(['2 potatoes', '2500 x', '', '354 Go on'].map(isTaken)).toEqual([false, false, false, false]);
  });

  it('is a no for good only when it is one', () => {
    expect(['535 5.7.8 no', '454 4.7.0 later', '~~~', undefined].map(isNo)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('The guide "A code did not arrive"', () => {
  it('says of mail servers what is done', () => {
    const said = Object.fromEntries(table('### E-mail (SMTP)').map(([code, outcome]) => [code, outcome]));
    const judged = (response: string, command: string): string =>
      classifySmtpFailure({ response, command, code: 'EENVELOPE' }, false).outcome;
    expect(said).toMatchObject({
      '4xx, x.y.z beginning with 4': judged('451 4.7.1 greylisted', 'RCPT TO'),
      'x.1.y, 5.2.1, 5.2.2': judged('556 5.1.10 no mail there', 'RCPT TO'),
      '550, 551, 552, 553 without a better x.y.z': judged('551 no', 'RCPT TO'),
      '535 and other refusals of AUTH': judged('535 no', 'AUTH PLAIN'),
      '5xx for MAIL FROM, x.1.7, x.1.8': judged('550 no', 'MAIL FROM'),
      '530, 5.7.0, "relay access denied"': judged('554 5.7.1 Relay access denied', 'RCPT TO'),
      '5.4.5 and other words of a sending quota': judged('550 5.4.5 quota', 'DATA'),
      '5xx that names spam or reputation, 5.7.y after the message': judged('554 5.7.1 no', 'DATA'),
      'other 5xx': judged('500 no', 'DATA'),
      'EAUTH, ETLS': classifySmtpFailure({ code: 'ETLS' }, false).outcome,
    });
  });
});
