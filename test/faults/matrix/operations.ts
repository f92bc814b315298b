import { sampleImage } from '../../../lab/gtf';
import { office, type Operation, Person, personal, stored } from './callers';
import type { Stage } from './stage';

type Open = Readonly<Record<string, unknown>> & { submissionId: string; documents: { type: string }[] };

async function open(person: Person): Promise<Open> {
  return (await person.does('POST', '/v1/gtf/submissions', { submissionType: 'KTP_SCAN' })) as Open;
}

async function upload(person: Person, { submissionId, documents }: Open): Promise<void> {
  for (const { type } of documents)
    await person.does('PUT', `/v1/gtf/submissions/${submissionId}/documents/${type}`, sampleImage());
}

/** Up to and with the confirmation, processed by GTF. */
async function confirmed(stage: Stage, person: Person): Promise<Open> {
  const opened = await open(person);
  await upload(person, opened);
  await person.does('POST', `/v1/gtf/submissions/${opened.submissionId}/confirm`);
  await Promise.all(
    stage.lab.gtf
      .submissions()
      .slice(-1)
      .map(({ id }) => stage.lab.gtf.settle(id)),
  );
  return opened;
}

const AGENT = { agentName: 'Bambang Wisanggeni', agentNik: '3313096403900009' };
const PATIENT = { nik: '9271060312000002', name: 'Budi Santoso' };
const SIV = { source: 'SDK', verificationReferenceId: 'otp-1' };
const FLOW = { flow: 'KTP_SCAN', source: 'SDK' };

type Own = Omit<Operation, 'unit'>;

function of(unit: string, operations: readonly Own[]): readonly Operation[] {
  return operations.map((operation) => ({ ...operation, unit }));
}

export const USERINFO: Operation = {
  name: 'userinfo',
  ...{ unit: 'siminvest', server: 'simas-id-userinfo', path: /userinfo/ },
  prepare: personal('GET', '/v1/me/userinfo'),
};

export const KYC_READ: Operation = {
  name: 'kyc read',
  ...{ unit: 'siminvest', server: 'common-kyc', path: /^GET/ },
  prepare: async (stage, unit) => {
    const person = new Person(stage, unit);
    await stored(stage, unit, person.phoneNumber);
    return { call: person.call('GET', '/v1/me/common-kyc'), events: person.events };
  },
};

/** Tokens are revoked there for all at once: one after another. */
export const GTF: readonly Operation[] = of('siminvest', [
  {
    name: 'coe user token',
    ...{ server: 'coe-token', path: /v2\/coe\/authentication/ },
    prepare: personal('POST', '/v1/gtf/submissions', { submissionType: 'KTP_SCAN' }),
  },
  {
    name: 'coe partner token',
    ...{ server: 'coe-token', path: /partner\/authentication/ },
    prepare: (stage, unit) => {
      stage.lab.gtf.revokeTokens();
      return personal('POST', '/v1/gtf/flows', FLOW)(stage, unit);
    },
  },
  {
    name: 'coe create',
    ...{ server: 'coe', path: /^GET \/coe\/v1\/submissions\/urls/ },
    prepare: personal('POST', '/v1/gtf/submissions', { submissionType: 'KTP_SCAN' }),
  },
  {
    name: 'coe flow',
    ...{ server: 'coe', path: /initiate-flow/ },
    prepare: personal('POST', '/v1/gtf/flows', FLOW),
  },
  {
    name: 'coe upload',
    ...{ server: 'coe-storage', path: /^PUT/ },
    prepare: async (stage, unit) => {
      const person = new Person(stage, unit);
      const { submissionId } = await open(person);
      const path = `/v1/gtf/submissions/${submissionId}/documents/KTP`;
      return { call: person.call('PUT', path, sampleImage()), events: person.events };
    },
  },
  {
    name: 'coe confirm',
    ...{ server: 'coe', path: /^PUT \/coe\/v1\/submissions\/urls/ },
    prepare: async (stage, unit) => {
      const person = new Person(stage, unit);
      const opened = await open(person);
      await upload(person, opened);
      const path = `/v1/gtf/submissions/${opened.submissionId}/confirm`;
      return { call: person.call('POST', path), events: person.events };
    },
  },
  {
    // What GTF has confirmed before is asked about.
    name: 'coe status',
    ...{ server: 'coe', path: /^GET \/coe\/v1\/submissions\/[^/]+\/status/ },
    prepare: async (stage, unit) => {
      const person = new Person(stage, unit);
      const opened = await open(person);
      await upload(person, opened);
      const errors = [{ code: '409', cause: 'SUBMISSION_STATE_CONFLICT' }];
      const conflict = { afterWork: true, status: 409, body: { success: false, errors } };
      stage.lab.gtf.faults.next({ method: 'PUT', path: '/coe/v1/submissions/urls', ...conflict });
      return {
        call: person.call('POST', `/v1/gtf/submissions/${opened.submissionId}/confirm`),
        events: person.events,
      };
    },
  },
  {
    name: 'coe details',
    ...{ server: 'coe', path: /^GET \/coe\/v1\/submissions(\?|$)/ },
    prepare: async (stage, unit) => {
      const person = new Person(stage, unit);
      const { submissionId } = await confirmed(stage, person);
      return {
        call: person.call('POST', `/v1/gtf/submissions/${submissionId}/refresh`),
        events: person.events,
      };
    },
  },
  {
    name: 'siv token',
    ...{ server: 'siv-token', path: /esign\/partner\/authentication/ },
    prepare: (stage, unit) => {
      stage.lab.gtf.revokeTokens();
      return personal('POST', '/v1/gtf/identity-verifications', SIV)(stage, unit);
    },
  },
  {
    name: 'siv start',
    ...{ server: 'siv', path: /initiate-flow/ },
    prepare: personal('POST', '/v1/gtf/identity-verifications', SIV),
  },
  {
    name: 'siv details',
    ...{ server: 'siv', path: /^GET \/esign-partner\/v1\/submissions/ },
    prepare: async (stage, unit) => {
      const person = new Person(stage, unit);
      const { submissionId, partnerSessionId } = await person.does(
        'POST',
        '/v1/gtf/identity-verifications',
        SIV,
      );
      stage.lab.gtf.finishSdkJourney(String(partnerSessionId));
      return {
        call: person.call('POST', `/v1/gtf/submissions/${String(submissionId)}/refresh`),
        events: person.events,
      };
    },
  },
]);

/** Of a unit for which nothing else opens submissions: the back office's have no person to find them by. */
export const SATUSEHAT: readonly Operation[] = of('nanovest', [
  {
    name: 'satusehat token',
    ...{ server: 'satusehat', path: /oauth2/ },
    prepare: (stage, unit) => {
      stage.lab.satusehat.revokeTokens();
      return office('/v1/satusehat/validation-urls', AGENT, 'kyc.opened')(stage, unit);
    },
  },
  {
    name: 'validation page',
    ...{ server: 'satusehat', path: /generate-url/ },
    prepare: office('/v1/satusehat/validation-urls', AGENT, 'kyc.opened'),
  },
  {
    name: 'challenge code',
    ...{ server: 'satusehat', path: /challenge-code/ },
    prepare: office('/v1/satusehat/challenge-codes', PATIENT, 'challenge_code.issued'),
  },
]);
