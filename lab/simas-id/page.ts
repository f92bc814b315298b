import { html, page, type PageLink } from '../html';

/** Where a person gets a token, and has a code sent to themselves. */
export function simasIdPage(units: readonly string[], links: readonly PageLink[]): string {
  const choices = units.map((unit) => html`<option>${unit}</option>`);
  return page({
    title: 'SIMAS-ID',
    links,
    body: html`
      <h2>Masuk / Log in: get an access token</h2>
      <p>
        A front end logs its people in by OpenID Connect: a business unit's id is a public client (PKCE, any
        port of localhost), and the rest is in the
        <a href="/realms/simas-id/.well-known/openid-configuration">discovery document</a>. By hand:
      </p>
      <form id="token">
        <label
          >Unit bisnis / Business unit
          <select name="unit">
            ${choices}
          </select></label
        >
        <label>Nomor telepon / Phone number <input name="phoneNumber" value="085610573956" required /></label>
        <label>Nama / Name <input name="name" value="John Doe" required /></label>
        <label>Email terverifikasi / Verified e-mail <input name="email" type="email" /></label>
        <label
          ><input name="officer" type="checkbox" value="true" /> Petugas SATUSEHAT / SATUSEHAT officer</label
        >
        <button>Ambil token / Get a token</button>
      </form>
      <p><textarea id="access-token" rows="8" readonly aria-label="Access token"></textarea></p>
      <p><button id="copy" type="button">Salin / Copy</button></p>
      <pre id="claims"></pre>
      <h2>Kirim kode / Send a one-time code</h2>
      <form id="otp">
        <label
          >Unit bisnis / Business unit
          <select name="unit">
            ${choices}
          </select></label
        >
        <label
          >Nomor atau email / Phone number or e-mail <input name="identifier" value="085610573956" required
        /></label>
        <label
          >Kanal / Channel
          <select name="channel">
            <option>whatsapp</option>
            <option>sms</option>
            <option>email</option>
          </select>
        </label>
        <button>Kirim kode / Send a code</button>
      </form>
      <p>The code is delivered by the business unit's webhook and shows up in the inbox.</p>
      <pre id="otp-answer"></pre>
    `,
    script: SCRIPT,
  });
}

const SCRIPT = `
const show = (id, value) => { document.getElementById(id).textContent = JSON.stringify(value, null, 2); };
async function post(path, form) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(Object.fromEntries(new FormData(form))),
  });
  return answer.json();
}
const token = document.getElementById('access-token');
document.getElementById('token').addEventListener('submit', async (event) => {
  event.preventDefault();
  const answer = await post('/lab/tokens', event.target);
  token.value = answer.accessToken ?? '';
  show('claims', answer.claims ?? answer);
});
document.getElementById('copy').addEventListener('click', () => navigator.clipboard.writeText(token.value));
document.getElementById('otp').addEventListener('submit', async (event) => {
  event.preventDefault();
  show('otp-answer', await post('/lab/otp', event.target));
});
`;
