import { html, page, type Html, type PageLink } from '../html';
import { inboxMessages, type InboxMessage, type InboxSources } from './inbox-content';

const MESSAGES_SHOWN = 100;

/** Everything the partners hold, for a person to look at. */
export function inboxPage(
  sources: InboxSources,
  links: readonly PageLink[],
  partners: readonly PageLink[],
): string {
  return page({
    title: 'Inbox',
    links,
    body: html`<div id="content">
      ${messages(sources)} ${submissions(sources)} ${records(sources)}
      <h2>Partners</h2>
      ${table(
        ['Partner', 'Address'],
        partners.map(
          ({ name, url }) =>
            html`<tr>
              <td>${name}</td>
              <td>${url}</td>
            </tr>`,
        ),
      )}
    </div>`,
    script: SCRIPT,
  });
}

function messages(sources: InboxSources): Html {
  const all = inboxMessages(sources);
  const rows = all.slice(0, MESSAGES_SHOWN).map(
    (message) =>
      html`<tr>
        <td>${clock(message.receivedAt)}</td>
        <td><span class="tag">${message.channel}</span></td>
        <td>${message.unit ?? '–'}</td>
        <td>${message.to}</td>
        <td>${content(message)}</td>
        <td><span class="tag">${message.status}</span></td>
      </tr>`,
  );
  return section(`Messages (${all.length})`, ['Time', 'Channel', 'Unit', 'To', 'Message', 'Status'], rows);
}

function content({ id, channel, subject, text }: InboxMessage): Html {
  const body = html`<span class="text">${text}</span>`;
  if (channel !== 'email') return body;
  return html`<strong>${subject ?? ''}</strong><br />${body}
    <a href="/mails/${id}" target="_blank">as HTML</a>`;
}

function submissions(sources: InboxSources): Html {
  const rows = [...sources.submissions()].reverse().map(
    ({ createdAt, unit, type, id, status, result }) =>
      html`<tr>
        <td>${clock(createdAt)}</td>
        <td>${unit}</td>
        <td>${type}</td>
        <td>${id}</td>
        <td><span class="tag">${status}</span></td>
        <td>${result ?? '–'}</td>
      </tr>`,
  );
  return section(
    `GTF submissions (${rows.length})`,
    ['Time', 'Unit', 'Type', 'Submission', 'Status', 'Result'],
    rows,
  );
}

function records(sources: InboxSources): Html {
  const rows = [...sources.records()].reverse().map(
    (record) =>
      html`<tr>
        <td>${record.created_at}</td>
        <td>${record.client_id}</td>
        <td>${record.phone_number}</td>
        <td>${record.full_name}</td>
        <td>${record.nik}</td>
        <td>${record.date_of_birth}</td>
        <td>${record.email}</td>
      </tr>`,
  );
  return section(
    `Common KYC (${rows.length})`,
    ['Created', 'Client', 'Phone', 'Name', 'NIK', 'Born', 'E-mail'],
    rows,
  );
}

function section(title: string, columns: readonly string[], rows: readonly Html[]): Html {
  return html`<h2>${title}</h2>
    ${rows.length === 0 ? html`<p class="empty">Nothing yet.</p>` : table(columns, rows)}`;
}

function table(columns: readonly string[], rows: readonly Html[]): Html {
  const head = columns.map((column) => html`<th>${column}</th>`);
  return html`<table>
    <thead>
      <tr>
        ${head}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
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
`;
