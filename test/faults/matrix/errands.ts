import { randomUUID } from 'node:crypto';
import type { Fault as LabFault } from '../../../lab/faults';
import { newCode, newPhone, OtpDesk, type SeenDelivery } from '../../support/otp-desk';
import { backOffice } from '../../support/test-gateway';
import type { Fault } from './fault-proxy';
import { type Answer, ask } from './callers';
import { type Behind, SMS_UNITS, type Stage } from './stage';

/** What the gateway does at a partner on its own, after it was accepted from a caller or happened by itself. */
export interface Errand {
  readonly name: string;
  /** What may go wrong with it. */
  readonly troubles: (stage: Stage, faults: readonly Fault[]) => readonly Trouble[];
  begin(stage: Stage): Promise<Begun>;
}

/** A fault at the partner of an errand. */
export interface Trouble {
  readonly name: string;
  start(): Promise<void> | void;
  /** Whether a try has met it. */
  isMet(): boolean;
  stop(): void;
}

/** All faults, at so many requests to such a path: where others come there as well, at all of them until the first try is over. */
function at(server: Behind, path: RegExp, times = 1): Errand['troubles'] {
  return (stage, faults) =>
    faults.map((fault) => ({
      name: fault.name,
      start: () => stage.spoil(server, fault, path, times),
      isMet: () => fault.nameless === true || stage.proxies[server].spoiled > 0,
      stop: () => stage.heal(server),
    }));
}

const ALWAYS = 1_000;

/** What a mail server can do wrong, by the command that it is said to (lab/smtp). Its TLS is Postfix's matter (real-servers.spec.ts). */
const MAIL_FAULTS: Readonly<Record<string, LabFault>> = {
  'no greeting': { path: 'CONNECT', hang: true },
  '421 for a greeting': { path: 'CONNECT', status: 421 },
  '554 for a greeting': { path: 'CONNECT', status: 554 },
  'a web server': { path: 'CONNECT', line: 'HTTP/1.1 400 Bad Request' },
  'reset at the greeting': { path: 'CONNECT', reset: true },
  'no answer to AUTH': { path: 'AUTH', hang: true },
  '454 to AUTH': { path: 'AUTH', status: 454 },
  '535 to AUTH': { path: 'AUTH', status: 535 },
  '451 to MAIL': { path: 'MAIL', status: 451 },
  '450 to RCPT': { path: 'RCPT', status: 450 },
  '452 to RCPT': { path: 'RCPT', status: 452 },
  '550 to RCPT': { path: 'RCPT', status: 550 },
  '552 to RCPT': { path: 'RCPT', status: 552 },
  'reset at RCPT': { path: 'RCPT', reset: true },
  'no answer to the mail': { path: 'DATA', hang: true, afterWork: true },
  '451 to the mail': { path: 'DATA', status: 451 },
  '554 to the mail': { path: 'DATA', status: 554 },
  'nonsense to the mail': { path: 'DATA', line: '999 what', afterWork: true },
  'reset after the mail': { path: 'DATA', reset: true, afterWork: true },
};

const atTheMailServer: Errand['troubles'] = ({ lab: { smtp } }) =>
  Object.entries(MAIL_FAULTS).map(([name, fault]) => ({
    name,
    start: () => smtp.faults.next({ ...fault, times: ALWAYS }),
    isMet: () => smtp.faults.pending < ALWAYS,
    stop: () => smtp.faults.clear(),
  }));

export interface Begun {
  /** How the log names it. */
  name(): Promise<string>;
  /** What the first try came to; undefined while it lasts. */
  first(): Promise<string | undefined>;
  /** What became of it; undefined while that is open. */
  end(): Promise<'arrived' | 'failed' | undefined>;
  /** How often the partner took it: more than once is right only where it is marked as such. */
  copies(): Promise<{ readonly count: number; readonly marked: boolean }>;
}

const ARRIVED = ['accepted', 'delivered', 'read'];
const OPEN = ['queued', 'sending'];

/** A code, and how to count its copies at the provider. */
function code(
  channel: string,
  unit: string,
  copies: (stage: Stage, otp: string, id: string) => number,
): Errand['begin'] {
  return async (stage) => {
    const desk = new OtpDesk(stage.gateway, unit);
    const otp = newCode();
    const identifier = channel === 'email' ? `${otp.toLowerCase()}@example.org` : newPhone();
    const id = await desk.send({ channel, identifier, otp });
    const see = (): Promise<SeenDelivery> => desk.see(id);
    return {
      name: () => Promise.resolve(id),
      first: async () => {
        const outcome = (await see()).attempts[0]?.outcome ?? undefined;
        return outcome === 'accepted' ? 'ok' : outcome;
      },
      end: async () => {
        const { status } = await see();
        if (OPEN.includes(status)) return undefined;
        return ARRIVED.includes(status) ? 'arrived' : 'failed';
      },
      copies: async () => ({
        count: copies(stage, otp, id),
        marked: (await see()).attempts.some(({ possibleDuplicate }) => possibleDuplicate),
      }),
    };
  };
}

const KYC = { fullName: 'SITI', nik: '3171010101900001', dateOfBirth: '1990-01-01', email: '' };
const STORING_UNIT = SMS_UNITS.http;

function handIn(stage: Stage, unit: string, phoneNumber: string): Promise<Answer> {
  const body = { phoneNumber, ...KYC };
  const request = { method: 'POST', path: '/v1/common-kyc', authorization: backOffice(unit), body } as const;
  return ask(stage, request, randomUUID());
}

/** Approved data on its way to Common KYC, which overwrites what it has: a second copy does no harm. */
async function share(stage: Stage): Promise<Begun> {
  const phoneNumber = newPhone();
  const answer = await handIn(stage, STORING_UNIT, phoneNumber);
  const id = String(answer.body['submissionId']);
  const sql = 'SELECT state, tries, due_at > now() AS later FROM common_kyc_share WHERE submission_id = $1';
  const row = async (): Promise<{ state: string; tries: number; later: boolean } | undefined> =>
    (await stage.gateway.query<{ state: string; tries: number; later: boolean }>(sql, [id]))[0];
  return {
    name: () => Promise.resolve(id),
    first: async () => {
      const { state = 'waiting', tries = 0, later = false } = (await row()) ?? {};
      if (state === 'failed') return 'failed';
      if (tries === 1 && state === 'accepted') return 'ok';
      return later || tries > 1 ? 'later' : undefined;
    },
    end: async () => {
      const state = (await row())?.state;
      if (state === 'waiting' || state === undefined) return undefined;
      return state === 'accepted' ? 'arrived' : 'failed';
    },
    copies: () => {
      const accepted = stage.lab.commonKyc.accepted();
      return Promise.resolve({
        count: accepted.filter(({ phone_number }) => phone_number === phoneNumber).length,
        marked: true,
      });
    },
  };
}

const EVENTS_UNIT = SMS_UNITS.verihubs;

interface DeliveryRow {
  readonly seq: number;
  readonly status: string;
  readonly attempts: readonly { readonly status: number | null }[];
}

/** An event for the unit's own back end; whoever gets it twice knows by its id. */
async function event(stage: Stage): Promise<Begun> {
  const answer = await handIn(stage, EVENTS_UNIT, newPhone());
  const submission = String(answer.body['submissionId']);
  const sql = `SELECT d.seq::integer, d.status, d.attempts FROM kyc_event e JOIN event_delivery d USING (business_unit, seq)
    WHERE e.submission_id = $1 ORDER BY seq LIMIT 1`;
  const row = async (): Promise<DeliveryRow | undefined> =>
    (await stage.gateway.query<DeliveryRow>(sql, [submission]))[0];
  return {
    name: async () => `"businessUnit":"${EVENTS_UNIT}","seq":${(await row())?.seq ?? ''},`,
    first: async () => {
      const { attempts = [] } = (await row()) ?? {};
      const [one] = attempts;
      if (one === undefined) return undefined;
      return one.status !== null && one.status < 300 ? 'ok' : `later ${one.status ?? ''}`.trim();
    },
    end: async () => {
      const found = await row();
      if (found?.status === 'delivered') return 'arrived';
      return found?.status === 'failed' || found?.status === 'stopped' ? 'failed' : undefined;
    },
    copies: async () => {
      const seq = (await row())?.seq;
      const all = stage.lab.unitBackEnd
        .events()
        .filter(({ isGenuine, unit }) => isGenuine && unit === EVENTS_UNIT);
      const copies = all.filter(({ data }) => data['seq'] === seq);
      return { count: copies.length, marked: new Set(copies.map(({ id }) => id)).size === 1 };
    },
  };
}

/** SIMAS-ID's keys, read anew every two seconds: those at hand serve meanwhile. */
async function keys(stage: Stage): Promise<Begun> {
  const read = async (result: 'ok' | 'failed'): Promise<number> => {
    const { text } = await stage.gateway.http.get('/metrics');
    const lines = [...text.matchAll(/^jwks_refresh_total\{cause="schedule",result="(\w+)"\} (\d+)$/gm)];
    return Number(lines.find(([, which]) => which === result)?.[2] ?? 0);
  };
  const before = { ok: await read('ok'), failed: await read('failed') };
  let failed = 0;
  return {
    name: () => Promise.resolve('key set cannot be read'),
    first: async () => {
      failed = await read('failed');
      if (failed > before.failed) return 'later';
      return (await read('ok')) > before.ok + 1 ? 'ok' : undefined;
    },
    end: async () => {
      if ((await read('ok')) <= before.ok) return undefined;
      const authorization = `Bearer ${stage.lab.simasId.mintToken({ unit: STORING_UNIT, phoneNumber: newPhone() })}`;
      const { status } = await ask(stage, { method: 'GET', path: '/v1/me', authorization }, randomUUID());
      return status === 200 ? 'arrived' : 'failed';
    },
    copies: () => Promise.resolve({ count: 1, marked: true }),
  };
}

export const KYC_STORE: Errand = {
  name: 'kyc store',
  troubles: at('common-kyc', /^POST/, Infinity),
  begin: share,
};

/** A lane each. */
export const ERRANDS: readonly Errand[] = [
  { name: 'keys', troubles: at('simas-id-keys', /certs/, Infinity), begin: keys },
  {
    name: 'whatsapp',
    troubles: at('whatsapp', /^POST/),
    begin: code(
      'whatsapp',
      SMS_UNITS.twilio,
      ({ lab }, _otp, id) => lab.whatsapp.messages().filter(({ opaque }) => opaque === id).length,
    ),
  },
  {
    name: 'sms twilio',
    troubles: at('twilio', /^POST/),
    begin: code('sms', SMS_UNITS.twilio, ({ lab }, otp) => counted(lab.twilio.messages(), otp)),
  },
  {
    name: 'sms http',
    troubles: at('sms', /^POST/),
    begin: code('sms', SMS_UNITS.http, ({ lab }, otp) => counted(lab.sms.messages(), otp)),
  },
  {
    name: 'sms verihubs',
    troubles: at('verihubs', /^POST/),
    begin: code('sms', SMS_UNITS.verihubs, ({ lab }, otp) => counted(lab.verihubs.messages(), otp)),
  },
  { name: 'events', troubles: at('events', /^POST \/events\/sinarmas/, Infinity), begin: event },
  {
    name: 'mail',
    troubles: atTheMailServer,
    begin: code(
      'email',
      SMS_UNITS.twilio,
      ({ lab }, _otp, id) => lab.smtp.mails().filter(({ messageId }) => messageId.includes(id)).length,
    ),
  },
];

function counted(messages: readonly { readonly text: string }[], otp: string): number {
  return messages.filter(({ text }) => text.includes(otp)).length;
}
