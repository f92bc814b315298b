import type { FastifyReply } from 'fastify';
import { html, page, type Html } from '../html';

/** SIMAS-ID's log-in: posts back to the address it was opened at, so that the request's query comes along. */
export function logInPage(unit: string, phoneNumber: string, problem?: string): Html {
  const alert = problem === undefined ? '' : html`<p role="alert">${problem}</p>`;
  return html`<p>Untuk / for <strong>${unit}</strong></p>
    ${alert}
    <form method="post" class="narrow">
      <label
        >Nomor telepon / Phone number
        <input
          name="phoneNumber"
          type="text"
          inputmode="tel"
          autocomplete="tel"
          value="${phoneNumber}"
          required
      /></label>
      <label>Nama / Name <input name="name" autocomplete="name" value="John Doe" required /></label>
      <label
        ><input name="officer" type="checkbox" value="true" /> Petugas SATUSEHAT / SATUSEHAT officer</label
      >
      <button>Masuk / Sign in</button>
    </form>`;
}

/** A page that runs nothing and cannot be framed. */
export function sendPage(reply: FastifyReply, status: number, title: string, body: Html): FastifyReply {
  return reply
    .code(status)
    .headers({
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'",
    })
    .type('text/html; charset=utf-8')
    .send(page({ title, links: [], body }));
}
