import type { FastifyInstance, FastifyReply } from 'fastify';
import { html, page, type Html } from '../html';
import { isKtpField, SAMPLE_KTP, type KtpData } from './ktp-data';
import { isScenario, SCENARIO_NAMES } from './scenarios';
import type { InitiatedFlow } from './state';
import type { JourneyOutcome, Submissions } from './submissions';

const ASKED = [
  ['nik', 'NIK'],
  ['name', 'Nama / Name'],
  ['dateOfBirth', 'Tanggal lahir / Date of birth'],
] as const;

/** GTF's web SDK as a page: a person finishes the journey, or leaves it (gtf.md §3.1, §5). */
export function registerJourneyPage(app: FastifyInstance, submissions: Submissions, now: () => Date): void {
  app.get<{ Params: { launchId: string } }>('/web/:launchId', (request, reply) => {
    const flow = submissions.flow(({ launchId }) => launchId === request.params.launchId);
    if (flow === undefined) return send(reply, 404, html`<p>This link is not known.</p>`);
    if (flow.expiresAtMs <= now().getTime()) return leave(reply, flow, 'SESSION_TIMEOUT');
    const submission = submissions.begin(flow);
    return send(
      reply,
      200,
      submission.status === 'INITIATED' ? form(flow) : html`<p>This journey is finished.</p>`,
    );
  });

  app.post<{ Params: { launchId: string }; Body: Record<string, string> | null }>(
    '/web/:launchId',
    (request, reply) => {
      const flow = submissions.flow(({ launchId }) => launchId === request.params.launchId);
      if (flow === undefined) return send(reply, 404, html`<p>This link is not known.</p>`);
      if (flow.expiresAtMs <= now().getTime()) return leave(reply, flow, 'SESSION_TIMEOUT');
      const journey = outcomeOf(request.body ?? {});
      submissions.finish(flow, journey);
      // The cause's name for giving up is not published (assumed).
      if (journey.outcome === 'LEAVE') return leave(reply, flow, 'USER_CANCELLED');
      return redirect(reply, flow.successRedirectionUrl, {
        status: 'COMPLETED',
        partner_session_id: flow.partnerSessionId,
      });
    },
  );
}

/** Reads the page's form: `outcome` is the pressed button, `scenario` a finer choice. */
export function outcomeOf(form: Readonly<Record<string, unknown>>): JourneyOutcome {
  const ktp = Object.fromEntries(
    Object.entries(form).filter(([name, value]) => isKtpField(name) && value !== ''),
  ) as Partial<KtpData>;
  const outcome = form['outcome'];
  if (outcome === 'LEAVE') return { outcome, ktp };
  if (isScenario(form['scenario'])) return { outcome: form['scenario'], ktp };
  if (outcome === 'INVALID') return { outcome: 'DUKCAPIL_REJECTED', ktp };
  return isScenario(outcome) ? { outcome, ktp } : { ktp };
}

function form(flow: InitiatedFlow): Html {
  return html`<p>${flow.type}, session ${flow.partnerSessionId}</p>
    <form method="post" class="narrow">
      ${ASKED.map(
        ([name, label]) => html`<label>${label} <input name="${name}" value="${SAMPLE_KTP[name]}" /></label>`,
      )}
      <label
        >Skenario / Scenario
        <select name="scenario">
          <option value="">seperti tombolnya / as the button says</option>
          ${SCENARIO_NAMES.map((name) => html`<option>${name}</option>`)}
        </select></label
      >
      <button name="outcome" value="VALID">Selesai VALID / Finish as VALID</button>
      <button name="outcome" value="INVALID">Selesai INVALID / Finish as INVALID</button>
      <button name="outcome" value="LEAVE">Keluar / Leave</button>
    </form>`;
}

function leave(reply: FastifyReply, flow: InitiatedFlow, errorCode: string): FastifyReply {
  return redirect(reply, flow.failureRedirectionUrl, {
    status: 'ERROR',
    partner_session_id: flow.partnerSessionId,
    error_code: errorCode,
  });
}

/** COMPLETED means "finished", never "approved" (§5). */
function redirect(reply: FastifyReply, to: string, query: Record<string, string>): FastifyReply {
  if (to === '') return send(reply, 200, html`<p>Finished. This window can be closed.</p>`);
  const url = new URL(to);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return reply.redirect(url.toString(), 303);
}

function send(reply: FastifyReply, status: number, body: Html): FastifyReply {
  const title = 'GTF: identity verification';
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .send(page({ title, links: [], body }));
}
