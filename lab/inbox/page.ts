import { SCENARIO_NAMES } from '../gtf';
import { html, page, table, type Html, type PageLink } from '../html';
import { inboxMessages, type InboxMessage, type InboxSources } from './inbox-content';
import { FAULT_KINDS } from './fault-orders';

const MESSAGES_SHOWN = 100;
const STATUSES = [503, 500, 429, 401];

interface InboxContent {
  readonly sources: InboxSources;
  readonly links: readonly PageLink[];
  readonly partners: readonly PageLink[];
  /** The partners that may be told to do something wrong. */
  readonly faultsOf: readonly string[];
}

/** Everything the partners hold, for a person to look at. */
export function inboxPage({ sources, links, partners, faultsOf }: InboxContent): string {
  return page({
    title: 'Kotak masuk / Inbox',
    links,
    body: html`<div id="content">
        ${messages(sources)} ${submissions(sources)} ${records(sources)}
        <h2>Mitra / Partners</h2>
        ${table(
          ['Partner', 'Address'],
          partners.map(({ name, url }) => [name, url]),
        )}
      </div>
      ${samples()} ${faultForm(faultsOf)}`,
    script: SCRIPT,
  });
}

function samples(): Html {
  const picture = (scenario: string, kind: string, name: string): Html =>
    html`<a href="/samples/${scenario}/${kind}.png" download="${kind}-${scenario}.png">${name}</a>`;
  const others = SCENARIO_NAMES.filter((scenario) => scenario !== 'VALID').map(
    (scenario) =>
      html`<li>
        ${scenario}: ${picture(scenario, 'ktp', `KTP ${scenario}`)},
        ${picture(scenario, 'selfie', `Swafoto ${scenario}`)}
      </li>`,
  );
  return html`<h2>Contoh / Samples</h2>
    <p>
      ${picture('VALID', 'ktp', 'Contoh KTP / Sample KTP')}, ${picture('VALID', 'selfie', 'Swafoto / Selfie')}
    </p>
    <details>
      <summary>Hasil lain / Other results of GTF (the KTP orders them)</summary>
      <ul>
        ${others}
      </ul>
    </details>`;
}

function faultForm(partners: readonly string[]): Html {
  const options = (names: readonly (string | number)[]): Html[] =>
    names.map((name) => html`<option>${name}</option>`);
  return html`<h2>Gangguan / Faults</h2>
    <form id="fault">
      <label
        >Partner
        <select name="partner">
          ${options(partners)}
        </select></label
      >
      <label
        >Gangguan / Fault
        <select name="fault">
          ${options([...STATUSES, ...Object.keys(FAULT_KINDS)])}
        </select></label
      >
      <label>Operasi / Operation <input name="operation" placeholder="any" /></label>
      <label
        >Berapa kali / Times <input name="times" type="number" value="1" min="1" max="1000" required
      /></label>
      <button>Pesan gangguan / Order the fault</button>
      <button id="no-faults" type="button">Hapus semua / Clear all</button>
    </form>
    <p id="fault-answer" role="status"></p>`;
}

function messages(sources: InboxSources): Html {
  const all = inboxMessages(sources);
  const rows = all
    .slice(0, MESSAGES_SHOWN)
    .map((message) => [
      clock(message.receivedAt),
      tag(message.channel),
      message.unit ?? '–',
      message.to,
      content(message),
      tag(message.status),
    ]);
  return section(
    `Pesan / Messages (${all.length})`,
    ['Time', 'Channel', 'Unit', 'To', 'Message', 'Status'],
    rows,
  );
}

function content({ id, channel, subject, text }: InboxMessage): Html {
  const body = html`<span class="text">${text}</span>`;
  if (channel !== 'email') return body;
  return html`<strong>${subject ?? ''}</strong><br />${body}
    <a href="/mails/${id}" target="_blank">as HTML</a>`;
}

function submissions(sources: InboxSources): Html {
  const rows = [...sources.submissions()]
    .reverse()
    .map(({ createdAt, unit, type, id, status, result }) => [
      ...[clock(createdAt), unit, type, id],
      ...[tag(status), result ?? '–'],
    ]);
  return section(
    `GTF submissions (${rows.length})`,
    ['Time', 'Unit', 'Type', 'Submission', 'Status', 'Result'],
    rows,
  );
}

function records(sources: InboxSources): Html {
  const rows = [...sources.records()]
    .reverse()
    .map((record) => [
      ...[record.created_at, record.client_id, record.phone_number, record.full_name],
      ...[record.nik, record.date_of_birth, record.email],
    ]);
  return section(
    `Common KYC (${rows.length})`,
    ['Created', 'Client', 'Phone', 'Name', 'NIK', 'Born', 'E-mail'],
    rows,
  );
}

function section(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly (Html | string)[])[],
): Html {
  return html`<h2>${title}</h2>
    ${rows.length === 0 ? html`<p class="empty">Belum ada / Nothing yet</p>` : table(columns, rows)}`;
}

function tag(text: string): Html {
  return html`<span class="tag">${text}</span>`;
}

function clock(instant: string): string {
  return instant.slice(11, 19);
}

/** Reloads the tables while the page is looked at, and keeps a selection that a person is copying. */
const SCRIPT = `
const content = document.getElementById('content');
setInterval(async () => {
  if (document.hidden || !getSelection().isCollapsed) return;
  const text = await (await fetch('/')).text().catch(() => '');
  const fresh = new DOMParser().parseFromString(text, 'text/html').getElementById('content');
  if (fresh && fresh.innerHTML !== content.innerHTML) content.innerHTML = fresh.innerHTML;
}, 1500);
const told = document.getElementById('fault-answer');
document.getElementById('fault').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { partner, fault, operation, times } = Object.fromEntries(new FormData(event.target));
  const answer = await fetch('/lab/faults', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      partner, operation, times: Number(times), ...(/^[0-9]+$/.test(fault) ? { status: Number(fault) } : { kind: fault }),
    }),
  });
  const { pending, message } = await answer.json();
  told.textContent = message ?? partner + ': ' + pending + ' menunggu / waiting';
});
document.getElementById('no-faults').addEventListener('click', async () => {
  await fetch('/lab/faults', { method: 'DELETE' });
  told.textContent = 'Tidak ada gangguan / No faults';
});
`;
