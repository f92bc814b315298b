import { GtfPerson, PHONE } from '../support/gtf-person';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;
let person: GtfPerson;

beforeAll(async () => {
  gateway = await startTestGateway();
  person = new GtfPerson(gateway);
});
afterEach(() => {
  gateway.lab.gtf.faults.clear();
});
afterAll(async () => {
  await gateway?.close();
});

const WEB = {
  source: 'WEB_SDK',
  successRedirectionUrl: 'https://nanovest.example/done',
  failureRedirectionUrl: 'https://nanovest.example/failed',
  verificationReferenceId: 'otp-1',
};
const SDK = { source: 'SDK', verificationReferenceId: 'otp-1' };

function start(body: object, who = person) {
  return who.post('/v1/gtf/identity-verifications', body);
}

describe('an identity verification in GTF’s own pages', () => {
  it('begins with a page to open, is verified once the person went through, and hands over the card', async () => {
    const started = await start(WEB);
    expect(started.body).toHaveProperty('submissionId');
    expect(started.headers['cache-control']).toBe('no-store');
    expect(started.body).toEqual({
      submissionId: expect.any(String),
      partnerSessionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      launchUrl: expect.stringContaining(gateway.lab.urls.gtf),
      expiresAt: expect.any(String),
    });
    const { submissionId, partnerSessionId } = started.body as Record<string, string>;
    expect(started.headers['location']).toBe(`/v1/submissions/${submissionId}`);
    expect(await person.status(String(submissionId))).toBe('open');

    gateway.lab.gtf.finishSdkJourney(String(partnerSessionId), {
      ktp: { nik: '9171010101900001', name: 'YOHANES', dateOfBirth: '01-01-1990' },
    });
    await person.becomes(String(submissionId), 'verified');
    const refreshed = await person.refresh(String(submissionId));
    expect(refreshed.body).toMatchObject({
      kind: 'gtf-siv',
      status: 'verified',
      phoneNumber: PHONE,
      partnerSubmissionId: expect.any(String),
      verification: { nik: 'pass', name: 'pass', dateOfBirth: 'pass', selfie: 'pass' },
    });
    expect(await person.events(String(submissionId))).toEqual(['kyc.opened', 'kyc.verified']);
  });

  it('begins with a token for the SDK, and needs no redirects then', async () => {
    const started = await start(SDK);
    expect(started.body).toHaveProperty('submissionId');
    expect(started.body).toEqual({
      submissionId: expect.any(String),
      partnerSessionId: expect.any(String),
      sdkToken: expect.stringMatching(/^eyJ/),
      expiresAt: expect.any(String),
    });
  });

  it('passes a slow certificate as processing, never as verified', async () => {
    const started = await start(SDK);
    const { submissionId, partnerSessionId } = started.body as {
      submissionId: string;
      partnerSessionId: string;
    };
    gateway.lab.gtf.finishSdkJourney(partnerSessionId, { outcome: 'SLOW_CERTIFICATE' });
    await person.becomes(submissionId, 'verified');
    const events = await person.events(submissionId);
    expect(events[0]).toBe('kyc.opened');
    expect(events.at(-1)).toBe('kyc.verified');
    expect(new Set(events).size).toBe(events.length);
  });

  const JOHN = { email: 'John@example.org', email_verified: true };

  it('vouches for the phone number that SIMAS-ID vouches for', async () => {
    const started = await start(SDK);
    expect(started.status).toBe(201);
    expect(gateway.lab.gtf.flows().at(-1)?.details).toEqual({
      phoneNumber: PHONE,
      dataVerification: { phoneNumber: { isVerified: true, verificationReferenceId: 'otp-1' } },
    });
  });

  it('vouches for the e-mail address alone when that is what SIMAS-ID has verified', async () => {
    const john = new GtfPerson(gateway, 'nanovest', PHONE, JOHN);
    const started = await start({ ...SDK, email: 'john@Example.org' }, john);
    expect(started.status).toBe(201);
    expect(gateway.lab.gtf.flows().at(-1)?.details).toEqual({
      email: 'John@example.org',
      dataVerification: { email: { isVerified: true, verificationReferenceId: 'otp-1' } },
    });
  });

  it.each([
    ['another address than the token’s', JOHN, 'ani@example.org'],
    ['an address that SIMAS-ID has not verified', { ...JOHN, email_verified: false }, JOHN.email],
    ['an address that SIMAS-ID says nothing about', { ...JOHN, email_verified: undefined }, JOHN.email],
    ['an address that is verified in words only', { ...JOHN, email_verified: 'true' }, JOHN.email],
    ['an address where the token has none', {}, JOHN.email],
  ])('vouches for nobody’s e-mail: %s', async (_what, claims, email) => {
    const before = gateway.lab.gtf.calls('siv-initiate');
    const answer = await start({ ...SDK, email }, new GtfPerson(gateway, 'nanovest', PHONE, claims));
    expect(answer.body).toMatchObject({ status: 422, code: 'email_mismatch' });
    expect(gateway.lab.gtf.calls('siv-initiate')).toBe(before);
  });

  it.each([
    [
      'sid',
      { sid: 'f4b7c0de-2f0e-4a54-9f0e-6a3f1d0f6a01', jti: 'onrtac:1' },
      'f4b7c0de-2f0e-4a54-9f0e-6a3f1d0f6a01',
    ],
    ['jti', { sid: undefined, jti: 'onrtac:2' }, 'onrtac:2'],
  ])('refers to the login by the token’s %s when the business unit gives no reference', async (...way) => {
    const [, claims, verificationReferenceId] = way;
    const started = await start({ source: 'SDK' }, new GtfPerson(gateway, 'nanovest', PHONE, claims));
    expect(started.status).toBe(201);
    expect(gateway.lab.gtf.flows().at(-1)?.details).toMatchObject({
      dataVerification: { phoneNumber: { verificationReferenceId } },
    });
  });

  it('wants a reference where the token names no session', async () => {
    const claims = { sid: undefined, jti: undefined };
    const answer = await start({ source: 'SDK' }, new GtfPerson(gateway, 'nanovest', PHONE, claims));
    expect(answer.body).toMatchObject({ status: 400, errors: [{ field: 'verificationReferenceId' }] });
  });

  it('sends people back to the address that was judged, never to another reading of the same text', async () => {
    const urls = ['https://nanovest.example\\@evil.example/', 'https://NANOVEST.example/ab?x=\u00e9#y'];
    const [successRedirectionUrl, failureRedirectionUrl] = urls;
    const started = await start({ ...WEB, successRedirectionUrl, failureRedirectionUrl });
    expect(started.status).toBe(201);
    expect(gateway.lab.gtf.flows().at(-1)).toMatchObject({
      successRedirectionUrl: 'https://nanovest.example/@evil.example/',
      failureRedirectionUrl: 'https://nanovest.example/ab?x=%C3%A9#y',
    });
  });

  it.each([
    ['another person’s phone number', { ...SDK, phoneNumber: '085610573957' }, 422, 'phone_mismatch'],
    [
      'both contacts at once',
      { ...SDK, phoneNumber: PHONE, email: 'john@example.org' },
      400,
      'invalid_request',
    ],
    ['a web page without redirects', { ...SDK, source: 'WEB_SDK' }, 400, 'invalid_request'],
    [
      'a redirect to a stranger',
      { ...WEB, successRedirectionUrl: 'https://evil.example/' },
      400,
      'invalid_request',
    ],
    [
      'a redirect that only looks allowed',
      { ...WEB, failureRedirectionUrl: 'https://nanovest.example@evil.example/' },
      400,
      'invalid_request',
    ],
    [
      'a redirect with an allowed beginning',
      { ...WEB, failureRedirectionUrl: 'https://nanovest.example.evil.example/' },
      400,
      'invalid_request',
    ],
    [
      'a reference that holds a phone number',
      { ...SDK, verificationReferenceId: PHONE },
      400,
      'invalid_request',
    ],
    ['no address where one is named', { ...SDK, email: null }, 400, 'invalid_request'],
    ['no locale where one is named', { ...SDK, userLocale: null }, 400, 'invalid_request'],
    ['an unknown source', { ...SDK, source: 'PAPER' }, 400, 'invalid_request'],
  ])('is refused for %s, and GTF is not asked', async (_why, body, status, code) => {
    const before = gateway.lab.gtf.calls('siv-initiate');
    const answer = await start(body);
    expect(answer.body).toMatchObject({ status, code });
    expect(gateway.lab.gtf.calls('siv-initiate')).toBe(before);
  });

  it('is refused for a token without phone number when no e-mail address is given', async () => {
    const token = gateway.lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: 'somebody' });
    const answer = await gateway.http
      .post('/v1/gtf/identity-verifications')
      .set('Authorization', `Bearer ${token}`)
      .send(SDK);
    expect(answer.body).toMatchObject({ status: 422, code: 'phone_missing' });
  });

  it('is not for the back office', async () => {
    const answer = await gateway.http
      .post('/v1/gtf/identity-verifications')
      .set('Authorization', backOffice('nanovest'))
      .send(SDK);
    expect(answer.status).toBe(401);
  });
});

describe('when the answer of GTF gets lost', () => {
  it('asks again with the same session, and with a new one when GTF had heard the first', async () => {
    gateway.lab.gtf.faults.next({ path: '/esign-partner/v1/initiate-flow', reset: true, afterWork: true });
    const started = await start(SDK);
    expect(started.body).toHaveProperty('submissionId');
    const { submissionId } = started.body as { submissionId: string };
    const [opened] = await gateway.query<{ data: { lostPartnerSessionIds?: string[] } }>(
      `SELECT data FROM kyc_event WHERE submission_id = $1 AND type = 'kyc.opened'`,
      [submissionId],
    );
    expect(opened?.data.lostPartnerSessionIds).toHaveLength(1);
  });

  it('asks again with the same session when GTF had not', async () => {
    gateway.lab.gtf.faults.next({ path: '/esign-partner/v1/initiate-flow', reset: true });
    const started = await start(SDK);
    expect(started.body).toHaveProperty('submissionId');
    const { partnerSessionId } = started.body as { partnerSessionId: string };
    const sent = gateway.lab.gtf.requests('/esign-partner/v1/initiate-flow').slice(-2);
    expect(sent.map(({ headers }) => headers['x-partner-session-id'])).toEqual([
      partnerSessionId,
      partnerSessionId,
    ]);
  });
});

describe('words of GTF that nobody documented', () => {
  it.each([
    ['UNKNOWN_STATUS', 'unrecognised'],
    ['UNKNOWN_RESULT', 'unrecognised'],
    ['RESULT_REJECTED', 'declined'],
    ['UNKNOWN_REASON', 'declined'],
    ['INVALID_WITHOUT_REASON', 'declined'],
    ['SYSTEM_ERROR', 'error'],
  ] as const)('%s leaves the person %s, never verified', async (scenario, status) => {
    const started = await start(SDK);
    const { submissionId, partnerSessionId } = started.body as {
      submissionId: string;
      partnerSessionId: string;
    };
    gateway.lab.gtf.finishSdkJourney(partnerSessionId, { outcome: scenario });
    await person.becomes(submissionId, status);
  });
});
