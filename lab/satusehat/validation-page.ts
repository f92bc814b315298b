import type { FastifyInstance, FastifyReply } from 'fastify';
import { html, page, type Html } from '../html';
import type { Snapshot } from '../snapshot';
import type { Challenge, SatusehatState, ValidationSession } from './state';

const CHECKS = {
  name: 'Nama cocok / The full name matches',
  nik: 'NIK cocok / The NIK matches the KTP',
  face: 'Wajah cocok / The face matches',
} as const;

/**
 * The page the officer opens (satusehat.md §9): access code, then the masked person with three check boxes.
 * It has no return channel, as in the real service. The lab takes a live challenge code of the same unit as access code.
 */
export function registerValidationPage(
  app: FastifyInstance,
  state: Snapshot<SatusehatState>,
  now: () => Date,
): void {
  const sessionOf = (token: string): ValidationSession | undefined =>
    state.value.sessions.find((session) => session.token === token);

  app.get<{ Params: { token: string } }>('/kyc/v1/validation-web/:token', (request, reply) => {
    const session = sessionOf(request.params.token);
    return session === undefined ? unknownLink(reply) : show(reply, session, state.value);
  });

  app.post<{ Params: { token: string }; Body: string | undefined }>(
    '/kyc/v1/validation-web/:token',
    (request, reply) => {
      const session = sessionOf(request.params.token);
      if (session === undefined) return unknownLink(reply);
      const form = new URLSearchParams(request.body);
      let remark = '';
      if (session.status === 'open') {
        const challenge = liveChallenge(state.value, session.unit, form.get('access_code') ?? '', now());
        if (challenge === undefined) remark = 'This access code is wrong or has expired.';
        else Object.assign(session, { status: 'verifying', patientNik: challenge.nik });
      } else if (session.status === 'verifying') {
        const ticked = Object.keys(CHECKS).every((check) => form.get(check) === 'on');
        session.status = ticked ? 'validated' : 'rejected';
      }
      state.touch();
      return show(reply, session, state.value, remark);
    },
  );
}

function liveChallenge(state: SatusehatState, unit: string, code: string, now: Date): Challenge | undefined {
  return state.challenges.findLast(
    (challenge) =>
      challenge.unit === unit && challenge.code === code && challenge.expiresAtMs > now.getTime(),
  );
}

function show(
  reply: FastifyReply,
  session: ValidationSession,
  state: SatusehatState,
  remark = '',
): FastifyReply {
  const patient = state.challenges.findLast(({ nik }) => nik === session.patientNik);
  const warning = remark === '' ? [] : [html`<p role="alert">${remark}</p>`];
  return send(reply, 200, html`${warning}${step(session, patient)}`);
}

function step(session: ValidationSession, patient: Challenge | undefined): Html {
  switch (session.status) {
    case 'open':
      return html`<p>Petugas / Officer: ${session.agentName}</p>
        <form method="post" class="narrow">
          <label
            >Kode dari SATUSEHAT Mobile pasien / Access code of the patient
            <input name="access_code" inputmode="numeric" autocomplete="off" required
          /></label>
          <button>Verifikasi / Verify</button>
        </form>`;
    case 'verifying':
      return html`<p>
          Name: <b>${masked(patient?.name ?? '')}</b>, NIK: <b>${masked(patient?.nik ?? '')}</b>
        </p>
        <form method="post" class="narrow">
          ${Object.entries(CHECKS).map(
            ([name, label]) => html`<label><input type="checkbox" name="${name}" /> ${label}</label>`,
          )}<button>Kirim / Send</button>
        </form>`;
    case 'validated':
      return html`<p>The profile is verified. This window can be closed.</p>`;
    case 'rejected':
      return html`<p>The data did not match; the profile stays unverified.</p>`;
  }
}

/** First and last character of each word stay: the page shows name and NIK masked (§9.3). */
function masked(value: string): string {
  return value
    .split(' ')
    .map((word) => (word.length < 3 ? word : `${word[0]}${'*'.repeat(word.length - 2)}${word.at(-1)}`))
    .join(' ');
}

function unknownLink(reply: FastifyReply): FastifyReply {
  return send(reply, 404, html`<p>This validation link is not known.</p>`);
}

function send(reply: FastifyReply, status: number, body: Html): FastifyReply {
  const title = 'SATUSEHAT: identity validation';
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .send(page({ title, links: [], body }));
}
