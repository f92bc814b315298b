/** Markup that is already safe to send. */
export class Html {
  constructor(readonly text: string) {}
}

type Insert = Html | string | number | readonly Html[];

/** Builds markup; whatever is put in is escaped unless it is markup itself. */
export function html(parts: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  return new Html(parts.reduce((text, part, index) => text + rendered(inserts[index - 1] ?? '') + part));
}

export interface PageLink {
  readonly name: string;
  readonly url: string;
}

/** A whole page of the lab in its common dress. `script` is our own code, never input. */
export function page(options: {
  title: string;
  links: readonly PageLink[];
  body: Html;
  script?: string;
}): string {
  const nav = options.links.map(({ name, url }) => html`<a href="${url}">${name}</a>`);
  const script = options.script === undefined ? '' : new Html(`<script>${options.script}</script>`);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${options.title} · partner lab</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <strong>Partner lab</strong>
          <nav>${nav}</nav>
        </header>
        <main>
          <h1>${options.title}</h1>
          ${options.body}
        </main>
        ${script}
      </body>
    </html>`.text;
}

/** A long name breaks between its words. */
function breakable(text: string): Html {
  return new Html(rendered(text).replace(/[_@]/g, '$&<wbr />'));
}

/** Where it is narrow each row becomes a card, in which a cell says its column's name. */
export function table(columns: readonly string[], rows: readonly (readonly (Html | string)[])[]): Html {
  const shown = (cell: Html | string): Html => (typeof cell === 'string' ? breakable(cell) : cell);
  const cells = (row: readonly (Html | string)[]): Html[] =>
    row.map((cell, index) => html`<td data-name="${columns[index] ?? ''}"><div>${shown(cell)}</div></td>`);
  return html`<table>
    <thead>
      <tr>
        ${columns.map((column) => html`<th>${column}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${cells(row)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function rendered(insert: Insert): string {
  if (insert instanceof Html) return insert.text;
  if (typeof insert === 'string' || typeof insert === 'number') {
    return String(insert).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
  }
  return insert.map(({ text }) => text).join('');
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2563eb; }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; }
header { display: flex; gap: 1.5rem; flex-wrap: wrap; padding: .8rem 1.5rem; border-bottom: 1px solid var(--line); }
nav { display: flex; gap: 1rem; flex-wrap: wrap; }
a { color: var(--accent); }
main { max-width: 72rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; padding: .45rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-size: .8rem; opacity: .7; }
td { overflow-wrap: break-word; }
.text { white-space: pre-line; }
form { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: .8rem; align-items: end; }
.narrow { grid-template-columns: minmax(0, 24rem); }
label { display: grid; gap: .2rem; font-size: .85rem; }
label:has([type=checkbox]) { display: flex; align-items: center; gap: .5rem; }
input, select, textarea, button { font: inherit; padding: .45rem .6rem; border: 1px solid var(--line); border-radius: .4rem; }
button { background: var(--accent); color: #fff; border: 0; cursor: pointer; }
textarea, pre { width: 100%; font: 12px/1.45 ui-monospace, monospace; background: var(--soft); overflow-wrap: break-word; white-space: pre-wrap; }
pre { padding: .6rem; border-radius: .4rem; }
pre:empty { display: none; }
td pre { margin: 0; overflow-wrap: anywhere; }
.tag { white-space: nowrap; font-size: .8rem; padding: .1rem .5rem; border-radius: 1rem; background: var(--soft); }
.empty { opacity: .6; }
@media (max-width: 66rem) {
  thead { display: none; }
  tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td { display: grid; grid-template-columns: 6rem minmax(0, 1fr); gap: .6rem; padding: .1rem 0; border: 0; overflow-wrap: anywhere; }
  td::before { content: attr(data-name); opacity: .7; font-size: .8rem; overflow-wrap: break-word; }
}
`;
